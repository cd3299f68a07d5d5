package io.sparkmae.job.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sparkmae.job.store.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server that keeps runs as MLflow's REST interface does, or fails in a given way. */
public final class MlflowServer implements AutoCloseable {

  /** What it does with a request. */
  public enum Manner {
    ANSWERS,
    FAILS,
    HANGS
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final CountDownLatch closed = new CountDownLatch(1);
  private final List<JsonNode> batches = Collections.synchronizedList(new ArrayList<>());
  private final List<String> paths = Collections.synchronizedList(new ArrayList<>());
  private volatile Manner manner;
  private volatile JsonNode created;
  private volatile String status;

  private MlflowServer(Manner manner) throws IOException {
    this.manner = manner;
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  public static MlflowServer start(Manner manner) throws IOException {
    return new MlflowServer(manner);
  }

  public String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  public void becomes(Manner next) {
    manner = next;
  }

  /** Returns the bodies of all batches of figures and settings. */
  public List<JsonNode> batches() {
    return List.copyOf(batches);
  }

  public List<String> paths() {
    return List.copyOf(paths);
  }

  public JsonNode created() {
    return created;
  }

  /** Returns the run's last status; null before there was one. */
  public String status() {
    return status;
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    paths.add(path);
    byte[] body = exchange.getRequestBody().readAllBytes();
    if (manner == Manner.HANGS) {
      try {
        closed.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      exchange.close();
    } else if (manner == Manner.FAILS) {
      answer(exchange, 500, "{\"error_code\": \"INTERNAL_ERROR\"}");
    } else {
      answer(exchange, path.substring(path.lastIndexOf("/mlflow/") + 8), body);
    }
  }

  private void answer(HttpExchange exchange, String method, byte[] body) throws IOException {
    JsonNode json =
        body.length == 0
            ? null
            : Json.parse(new String(body, StandardCharsets.UTF_8), JsonNode.class);
    switch (method) {
      case "experiments/get-by-name" ->
          answer(
              exchange, 404, "{\"error_code\": \"RESOURCE_DOES_NOT_EXIST\", \"message\": \"no\"}");
      case "experiments/create" -> answer(exchange, 200, "{\"experiment_id\": \"7\"}");
      case "runs/create" -> {
        created = json;
        answer(
            exchange,
            200,
            "{\"run\": {\"info\": {\"run_id\": \"r1\", \"run_uuid\": \"r1\", \"experiment_id\": \"7\"}}}");
      }
      case "runs/log-batch" -> {
        batches.add(json);
        answer(exchange, 200, "{}");
      }
      case "runs/update" -> {
        status = json.path("status").asText();
        answer(exchange, 200, "{\"run_info\": {\"run_id\": \"r1\"}}");
      }
      default -> answer(exchange, 404, Json.line(Map.of("error_code", "ENDPOINT_NOT_FOUND")));
    }
  }

  private static void answer(HttpExchange exchange, int code, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "application/json");
    exchange.sendResponseHeaders(code, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
