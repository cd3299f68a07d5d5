package io.sparkmae.job.storage;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.sparkmae.job.cluster.Port;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Stands before an HTTP server, and answers 503 to every tenth request instead of passing it on.
 */
final class OverloadedServer implements AutoCloseable {
  private static final int ONE_IN = 10;
  private static final Pattern LENGTH = Pattern.compile("(?i)\r\ncontent-length: *(\\d+)");
  private static final String BUSY =
      "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>busy</Message></Error>";

  private final ServerSocket entrance;
  private final Port server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  OverloadedServer(Port server, Port entrance) throws IOException {
    this.server = server;
    this.entrance = new ServerSocket(entrance.number(), 50, InetAddress.getLoopbackAddress());
    threads.submit(this::accept);
  }

  /** Requests that were answered 503. */
  int refused() {
    return refused.get();
  }

  private void accept() {
    while (!entrance.isClosed()) {
      try {
        Socket client = entrance.accept();
        threads.submit(() -> answer(client));
      } catch (IOException e) {
        return; // closed
      }
    }
  }

  /** One request a connection. */
  private void answer(Socket client) {
    try (client) {
      String head = head(client.getInputStream());
      if (head.isEmpty()) {
        return;
      }
      if (head.toLowerCase(java.util.Locale.ROOT).contains("expect: 100-continue")) {
        write(client.getOutputStream(), "HTTP/1.1 100 Continue\r\n\r\n");
      }
      Matcher length = LENGTH.matcher(head);
      byte[] body =
          client.getInputStream().readNBytes(length.find() ? Integer.parseInt(length.group(1)) : 0);
      if (requests.incrementAndGet() % ONE_IN == 0) {
        refused.incrementAndGet();
        write(
            client.getOutputStream(),
            "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
                + "Content-Length: %d\r\n\r\n%s".formatted(BUSY.length(), BUSY));
      } else {
        pass(head, body, client.getOutputStream());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void pass(String head, byte[] body, OutputStream client) throws IOException {
    try (Socket to = new Socket(InetAddress.getLoopbackAddress(), server.number())) {
      String plain =
          head.replaceAll("(?i)\r\n(expect|connection|proxy-connection):[^\r]*", "")
              .replaceFirst("\r\n", "\r\nConnection: close\r\n");
      write(to.getOutputStream(), plain);
      to.getOutputStream().write(body);
      to.getInputStream().transferTo(client);
    }
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(ISO_8859_1));
    out.flush();
  }

  /** Up to and with the empty line; empty when the connection ends before. */
  private static String head(InputStream in) throws IOException {
    var head = new ByteArrayOutputStream();
    while (!head.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.write(next);
    }
    return head.toString(ISO_8859_1);
  }

  @Override
  public void close() throws IOException {
    entrance.close();
    threads.shutdownNow();
  }
}
