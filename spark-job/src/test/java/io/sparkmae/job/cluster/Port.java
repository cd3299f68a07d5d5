package io.sparkmae.job.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/** A port of the loopback address. */
public record Port(int number) {

  private static final Duration LIMIT = Duration.ofMinutes(1);

  /** One that nobody listens at. */
  public static Port free() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return new Port(socket.getLocalPort());
    }
  }

  /** Waits until somebody listens. */
  public void awaitOpen() {
    long start = System.nanoTime();
    while (!isOpen()) {
      if (System.nanoTime() - start > LIMIT.toNanos()) {
        throw new AssertionError("Nobody listens at port " + number + " after " + LIMIT);
      }
      LockSupport.parkNanos(Duration.ofMillis(100).toNanos());
    }
  }

  private boolean isOpen() {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), number)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }
}
