import dev.ordinal.server.auth.Pki;

import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// A server that knows nothing: it sends the bytes it was given with PUT for whatever is asked of
/// that path, and lines it was given with PATCH to all who watch.
final class ApiFloor extends Handler.Abstract {
    private final Map<String, byte[]> answers = new ConcurrentHashMap<>();
    private final Set<Response> watching = ConcurrentHashMap.newKeySet();

    /// @param args the folder for its keys and kubeconfig
    public static void main(String[] args) throws Exception {
        java.util.logging.Logger.getLogger("").setLevel(java.util.logging.Level.WARNING);
        var folder = Path.of(args[0]);
        var pki = Pki.open(folder.resolve("pki"), InstantSource.system(), List.of("127.0.0.1"));
        var tls = new SslContextFactory.Server();
        tls.setKeyStore(pki.serverKeys());
        tls.setKeyStorePassword("");
        tls.setTrustStore(pki.trust());
        tls.setWantClientAuth(true);
        tls.setSniRequired(false);
        var server = new Server(new QueuedThreadPool(16, 4));
        var http = new HttpConnectionFactory(new HttpConfiguration());
        var connector =
                new ServerConnector(
                        server, 1, 1, new SslConnectionFactory(tls, http.getProtocol()), http);
        connector.setHost("127.0.0.1");
        server.addConnector(connector);
        server.setHandler(new ApiFloor());
        server.start();
        pki.writeKubeconfig(
                folder.resolve("kubeconfig"),
                "floor",
                "https://127.0.0.1:" + connector.getLocalPort());
        server.join();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback)
            throws IOException {
        var body = Content.Source.asByteBuffer(request);
        var path = request.getHttpURI().getPath();
        switch (request.getMethod()) {
            case "PUT" -> {
                var bytes = new byte[body.remaining()];
                body.get(bytes);
                answers.put(path, bytes);
                response.write(true, ByteBuffer.allocate(0), callback);
            }
            case "PATCH" -> {
                for (var watcher : watching) watcher.write(false, body.slice(), Callback.NOOP);
                response.write(true, ByteBuffer.allocate(0), callback);
            }
            default -> answer(request, response, path, callback);
        }
        return true;
    }

    private void answer(Request request, Response response, String path, Callback callback) {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
        if (path.equals("/watch")) {
            watching.add(response);
            request.addFailureListener(
                    failure -> {
                        watching.remove(response);
                        callback.failed(failure);
                    });
            response.write(false, ByteBuffer.allocate(0), Callback.NOOP);
            return;
        }
        if (request.getMethod().equals("POST")) response.setStatus(201);
        response.write(true, ByteBuffer.wrap(answers.get(path)), callback);
    }
}
