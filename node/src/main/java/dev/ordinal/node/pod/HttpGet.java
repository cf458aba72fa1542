package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.network.Sockets;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// One GET to a container, of a probe or a hook. Of the answer no more is read than is needed.
/// Certificates are not checked, as upstream has it.
final class HttpGet {
    private static final int LINE_MAX = 8192;
    private static final int BODY_MAX = 10 * 1024;
    private static final int REDIRECTS_MAX = 10;
    private static final int HTTP_PORT = 80;
    private static final int HTTPS_PORT = 443;
    private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
    private static final TrustManager[] ANYBODY = {
        new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) {}

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) {}

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        }
    };

    private final Probes.Target target;
    private final JsonNode request;
    private final String agent;

    HttpGet(Probes.Target target, JsonNode request, String agent) {
        this.target = target;
        this.request = request;
        this.agent = agent;
    }

    /// What was answered.
    ///
    /// @param location where it leads; empty: nowhere
    /// @param body of a redirect
    record Answer(int code, String location, String body) {}

    /// Where something is asked for.
    private record Place(boolean secure, String host, int port, String path) {
        @Override
        public String toString() {
            return "%s://%s:%d%s".formatted(secure ? "https" : "http", host, port, path);
        }

        /// Where an answer from here leads; empty: to another host.
        Optional<Place> next(String location) throws URISyntaxException {
            var given = new URI(location);
            var base = path.contains("?") ? path.substring(0, path.indexOf('?')) : path;
            var next = given.isAbsolute() ? given : new URI(base).resolve(given);
            var asked = next.getRawPath().isEmpty() ? "/" : next.getRawPath();
            if (next.getRawQuery() != null) asked += "?" + next.getRawQuery();
            if (next.getRawAuthority() == null) {
                return Optional.of(new Place(secure, host, port, asked));
            }
            if (!host.equals(next.getHost())) return Optional.empty();
            boolean safe = next.getScheme() == null ? secure : next.getScheme().equals("https");
            int usual = safe ? HTTPS_PORT : HTTP_PORT;
            return Optional.of(
                    new Place(safe, host, next.getPort() < 0 ? usual : next.getPort(), asked));
        }
    }

    /// Goes where the answers lead, as long as that is on the same host.
    Answer follow(Sockets sockets, long deadline, boolean first)
            throws IOException, InterruptedException {
        var at = place();
        for (int hops = 0; hops < REDIRECTS_MAX; hops++) {
            var answer = send(at, sockets, deadline, first);
            if (answer.location.isEmpty()) return answer;
            try {
                var next = at.next(answer.location);
                if (next.isEmpty()) return answer;
                at = next.get();
            } catch (URISyntaxException unreadable) {
                throw new IOException(
                        "Get \"%s\": failed to parse Location header \"%s\""
                                .formatted(at, answer.location),
                        unreadable);
            }
        }
        throw new IOException("Get \"%s\": stopped after 10 redirects".formatted(at.path));
    }

    Answer send(Sockets sockets, long deadline, boolean first)
            throws IOException, InterruptedException {
        return send(place(), sockets, deadline, first);
    }

    private Place place() throws IOException {
        var given = request.path("host").asText();
        var path = clean(request.path("path").asText("/")).replace(" ", "%20");
        return new Place(
                request.path("scheme").asText().equals("HTTPS"),
                given.isEmpty() ? target.address() : given,
                port(target.container(), request.path("port")),
                path.startsWith("/") ? path : "/" + path);
    }

    private Answer send(Place at, Sockets sockets, long deadline, boolean first)
            throws IOException, InterruptedException {
        var address = new InetSocketAddress(at.host, at.port);
        try (var channel = NodeProbes.connect(sockets, address, deadline, first)) {
            var plain = channel.socket();
            plain.setSoTimeout(left(deadline));
            var socket = at.secure ? secured(plain, at.host, at.port) : plain;
            socket.getOutputStream().write(head(at).getBytes(StandardCharsets.UTF_8));
            var input = new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1);
            return answer(new BufferedReader(input, LINE_MAX));
        } catch (SocketTimeoutException _) {
            throw new IOException(
                    "Get \"%s\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
                            .formatted(at));
        } catch (IOException failed) {
            throw new IOException("Get \"%s\": %s".formatted(at, failed.getMessage()), failed);
        }
    }

    private static Answer answer(BufferedReader reader) throws IOException {
        int code = status(reader.readLine());
        if (code < 300 || code >= 400) return new Answer(code, "", "");
        var location = "";
        boolean chunked = false;
        int length = BODY_MAX;
        for (var line = reader.readLine();
                line != null && !line.isEmpty();
                line = reader.readLine()) {
            int colon = line.indexOf(':');
            if (colon < 0) continue;
            var value = line.substring(colon + 1).strip();
            switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
                case "location" -> location = REDIRECTS.contains(code) ? value : "";
                case "transfer-encoding" -> chunked = true;
                case "content-length" ->
                        length = value.matches("\\d{1,5}") ? Integer.parseInt(value) : BODY_MAX;
                default -> {}
            }
        }
        var body = new StringBuilder();
        if (!chunked) read(reader, Math.min(length, BODY_MAX), body);
        while (chunked && body.length() < BODY_MAX) {
            var size = String.valueOf(reader.readLine()).strip();
            if (!size.matches("[0-9a-fA-F]{1,6}") || size.matches("0+")) break;
            read(reader, Integer.parseInt(size, 16), body);
            if (reader.readLine() == null) break;
        }
        return new Answer(code, location, body.toString());
    }

    private static void read(BufferedReader reader, int length, StringBuilder body)
            throws IOException {
        for (int i = 0; i < length && body.length() < BODY_MAX; i++) {
            int letter = reader.read();
            if (letter < 0) return;
            body.append((char) letter);
        }
    }

    private static int left(long deadline) throws SocketTimeoutException {
        long millis = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
        if (millis <= 0) throw new SocketTimeoutException();
        return (int) Math.min(millis, Integer.MAX_VALUE);
    }

    private static Socket secured(Socket plain, String host, int port) throws IOException {
        try {
            var context = SSLContext.getInstance("TLS");
            context.init(null, ANYBODY, new SecureRandom());
            return context.getSocketFactory().createSocket(plain, host, port, true);
        } catch (GeneralSecurityException impossible) {
            throw new IOException(impossible);
        }
    }

    private String head(Place at) {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.put("Host", at.host + ":" + at.port);
        headers.put("User-Agent", agent);
        headers.put("Accept", "*/*");
        headers.put("Connection", "close");
        for (var header : request.path("httpHeaders")) {
            headers.put(clean(header.path("name").asText()), clean(header.path("value").asText()));
        }
        headers.remove("Accept", "");
        var text = new StringBuilder("GET ").append(at.path).append(" HTTP/1.1\r\n");
        headers.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        return text.append("\r\n").toString();
    }

    private static String clean(String text) {
        return text.replace("\r", "").replace("\n", "");
    }

    private static int status(@org.jspecify.annotations.Nullable String line) throws IOException {
        if (line == null) throw new IOException("EOF");
        var words = line.split(" ", 3);
        if (words.length < 2
                || !words[0].toUpperCase(Locale.ROOT).startsWith("HTTP/")
                || !words[1].matches("\\d{3}")) {
            throw new IOException("malformed HTTP response \"%s\"".formatted(line));
        }
        return Integer.parseInt(words[1]);
    }

    /// A number, or the name of a port of the container.
    static int port(JsonNode container, JsonNode port) throws IOException {
        if (port.isNumber()) return port.asInt();
        for (var named : container.path("ports")) {
            if (named.path("name").asText().equals(port.asText()))
                return named.path("containerPort").asInt();
        }
        if (port.asText().matches("\\d{1,5}")) return Integer.parseInt(port.asText());
        throw new IOException("couldn't find port: " + port.asText());
    }
}
