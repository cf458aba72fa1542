package dev.ordinal.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;

import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

@Timeout(30)
class MalformedRequestTest {
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

    @TempDir private Path data;

    @Test
    void isRefusedAndItsConnectionIsSaidToEnd() throws Exception {
        var settings =
                Settings.in(data).withRuntime(Settings.RuntimeChoice.SIMULATED).asTemporary();
        try (var cluster = Cluster.start(settings)) {
            for (var path : new String[] {"/api/v1/nodes/%00", "/api/v1/nodes/%zz"}) {
                assertThat(answer(cluster.port(), path))
                        .startsWith("HTTP/1.1 400 ")
                        .contains("Content-Type: text/plain; charset=utf-8\r\n")
                        .contains("Connection: close\r\n")
                        .endsWith("\r\n400 Bad Request");
            }
        }
    }

    /// All that comes on a connection of its own until the server ends it.
    private static String answer(int port, String path) throws Exception {
        var tls = SSLContext.getInstance("TLS");
        tls.init(null, ANYBODY, new SecureRandom());
        try (var socket = tls.getSocketFactory().createSocket("127.0.0.1", port)) {
            var request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
