package dev.ordinal.node.pod;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.node.network.Sockets;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/// One GET to a container, of a probe or a hook. Only the status line of the answer is read; a
/// redirect counts as an answer. Certificates are not checked, as upstream has it.
final class HttpGet {
    private static final int LINE_MAX = 8192;
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

    /// @return the status code
    int send(Sockets sockets, long deadline, boolean first)
            throws IOException, InterruptedException {
        var given = request.path("host").asText();
        var host = given.isEmpty() ? target.address() : given;
        int port = port(target.container(), request.path("port"));
        var path = request.path("path").asText("/");
        if (!path.startsWith("/")) path = "/" + path;
        boolean secure = request.path("scheme").asText().equals("HTTPS");
        var url = "%s://%s:%d%s".formatted(secure ? "https" : "http", host, port, path);
        try (var channel =
                NodeProbes.connect(sockets, new InetSocketAddress(host, port), deadline, first)) {
            var plain = channel.socket();
            plain.setSoTimeout(left(deadline));
            var socket = secure ? secured(plain, host, port) : plain;
            socket.getOutputStream().write(head(host, port, path).getBytes(StandardCharsets.UTF_8));
            var reader =
                    new BufferedReader(
                            new InputStreamReader(
                                    socket.getInputStream(), StandardCharsets.ISO_8859_1),
                            LINE_MAX);
            return status(reader.readLine());
        } catch (SocketTimeoutException _) {
            throw new IOException(
                    "Get \"%s\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
                            .formatted(url));
        } catch (IOException failed) {
            throw new IOException("Get \"%s\": %s".formatted(url, failed.getMessage()), failed);
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

    private String head(String host, int port, String path) {
        var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
        headers.put("Host", host + ":" + port);
        headers.put("User-Agent", agent);
        headers.put("Accept", "*/*");
        headers.put("Connection", "close");
        for (var header : request.path("httpHeaders")) {
            headers.put(clean(header.path("name").asText()), clean(header.path("value").asText()));
        }
        var text =
                new StringBuilder("GET ")
                        .append(clean(path).replace(" ", "%20"))
                        .append(" HTTP/1.1\r\n");
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
