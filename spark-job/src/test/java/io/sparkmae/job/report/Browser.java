package io.sparkmae.job.report;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkmae.job.store.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** A Chromium without a window, spoken to by its DevTools protocol. */
final class Browser implements AutoCloseable {

  private static final long SECONDS = 60;
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

  private final Process process;
  private final WebSocket socket;
  private final LinkedBlockingQueue<JsonNode> received = new LinkedBlockingQueue<>();
  private final List<JsonNode> events = new ArrayList<>();
  private String session;
  private int last;

  private Browser(Process process, String address) throws Exception {
    this.process = process;
    this.socket =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create(address), new Receiver())
            .get(SECONDS, TimeUnit.SECONDS);
    JsonNode target = call("Target.createTarget", Map.of("url", "about:blank"));
    String id = target.get("targetId").asText();
    session =
        call("Target.attachToTarget", Map.of("targetId", id, "flatten", true))
            .get("sessionId")
            .asText();
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      call(domain + ".enable", Map.of());
    }
  }

  /** Returns the browser's program on the PATH; empty without one. */
  static Optional<Path> program() {
    return NAMES.stream()
        .flatMap(name -> Stream.of(System.getenv("PATH").split(":")).map(dir -> Path.of(dir, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  static Browser start(Path program, Path profile) throws Exception {
    Process process =
        new ProcessBuilder(
                program.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    BufferedReader log = new BufferedReader(new InputStreamReader(process.getErrorStream()));
    for (String line = log.readLine(); line != null; line = log.readLine()) {
      if (line.startsWith("DevTools listening on ")) {
        drain(log);
        return new Browser(process, line.substring("DevTools listening on ".length()).strip());
      }
    }
    throw new IOException(program + " ended before it listened");
  }

  // a full pipe would stop the browser
  private static void drain(BufferedReader log) {
    Thread thread = new Thread(() -> log.lines().forEach(line -> {}), "browser-log");
    thread.setDaemon(true);
    thread.start();
  }

  /** Opens a page and waits until it is drawn. */
  void open(Path page, int width, int height, String scheme) throws Exception {
    events.clear();
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 500));
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    call("Page.navigate", Map.of("url", page.toUri().toString()));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    while (!evaluate("document.documentElement.dataset.drawn !== undefined").asBoolean()) {
      if (System.nanoTime() > end) {
        throw new TimeoutException("The page was not drawn; events: " + events);
      }
      Thread.sleep(50);
    }
    evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))");
  }

  /** Returns the value of an expression on the page. */
  JsonNode evaluate(String expression) throws Exception {
    return call(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true))
        .path("result")
        .path("value");
  }

  /** Writes a picture of the whole page. */
  void screenshot(Path file) throws Exception {
    JsonNode picture = call("Page.captureScreenshot", Map.of("captureBeyondViewport", true));
    Files.write(file, Base64.getDecoder().decode(picture.get("data").asText()));
  }

  /** Returns errors and warnings of the console since the page was opened. */
  List<String> complaints() {
    return events.stream()
        .filter(
            event ->
                event.path("method").asText().equals("Runtime.exceptionThrown")
                    || event.path("method").asText().equals("Log.entryAdded")
                    || event.path("method").asText().equals("Runtime.consoleAPICalled"))
        .map(JsonNode::toString)
        .toList();
  }

  /** Returns the addresses of all requests since the page was opened, but those of data. */
  List<String> requests() {
    return events.stream()
        .filter(event -> event.path("method").asText().equals("Network.requestWillBeSent"))
        .map(event -> event.path("params").path("request").path("url").asText())
        .filter(url -> !url.startsWith("data:"))
        .toList();
  }

  private JsonNode call(String method, Map<String, ?> params) throws Exception {
    int id = ++last;
    String to = session == null ? "" : ",\"sessionId\":\"" + session + "\"";
    socket.sendText(
        "{\"id\":%d,\"method\":\"%s\",\"params\":%s%s}"
            .formatted(id, method, Json.line(params), to),
        true);
    while (true) {
      JsonNode message = received.poll(SECONDS, TimeUnit.SECONDS);
      if (message == null) {
        throw new TimeoutException("No answer to " + method);
      }
      if (message.path("id").asInt() == id) {
        if (message.has("error")) {
          throw new IOException(method + ": " + message.get("error"));
        }
        return message.get("result");
      }
      events.add(message);
    }
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join(); // its profile is deleted next
  }

  private final class Receiver implements WebSocket.Listener {

    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean whole) {
      text.append(data);
      if (whole) {
        try {
          received.add(Json.parse(text.toString(), JsonNode.class));
        } catch (IOException e) {
          throw new IllegalStateException(e);
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }
}
