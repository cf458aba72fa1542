package dev.ordinal.server;

import dev.ordinal.api.Api;
import dev.ordinal.api.PodStreams;
import dev.ordinal.api.access.Authenticator;
import dev.ordinal.api.access.Authorizer;
import dev.ordinal.server.auth.Pki;

import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.http.UriCompliance.Violation;
import org.eclipse.jetty.http.pathmap.RegexPathSpec;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.io.WindowRateControl;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.Invocable;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.eclipse.jetty.websocket.core.WebSocketComponents;
import org.eclipse.jetty.websocket.core.server.WebSocketMappings;
import org.eclipse.jetty.websocket.core.server.WebSocketUpgradeHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.io.IOException;
import java.net.BindException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/// The Kubernetes API over HTTPS. Each request has a virtual thread of its own.
public final class ApiServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);
    private static final int STREAMS_MAX = 10_000;

    private final Settings settings;
    private final InstantSource clock;
    private final Server server;
    private final ServerConnector connector;
    private final Set<Thread> running = ConcurrentHashMap.newKeySet();

    /// @param host to listen on
    /// @param port 0: any free one
    /// @param gitVersion as `kubectl version` shows it
    /// @param checks of `/readyz`, by name: what is wrong, if anything
    public record Settings(
            String host,
            int port,
            String gitVersion,
            Map<String, Supplier<Optional<String>>> checks) {}

    /// Has its keys ready, but does not listen yet.
    public ApiServer(Settings settings, Pki pki, InstantSource clock) throws IOException {
        this.settings = settings;
        this.clock = clock;
        var threads = new QueuedThreadPool(16, 4);
        threads.setName("http");
        threads.setDaemon(true);
        server = new Server(threads);
        server.setErrorHandler(ApiServer::refuse);
        connector = connector(pki);
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        server.addConnector(connector);
    }

    /// What is so wrong that no request comes of it is answered as Go does it. Jetty ends the
    /// connection then, and would not say so: the client's next request would be lost.
    private static boolean refuse(Request request, Response response, Callback callback) {
        var headers = response.getHeaders();
        headers.put(HttpHeader.CONTENT_TYPE, "text/plain; charset=utf-8");
        boolean http2 = request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2;
        if (!http2) headers.put(HttpHeader.CONNECTION, "close");
        int code = response.getStatus();
        var text = code + " " + HttpStatus.getMessage(code);
        response.write(true, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), callback);
        return true;
    }

    /// Listens when this returns.
    ///
    /// @param authenticator knows users by their tokens
    /// @param authorizer says what users may do
    /// @throws PortTakenException somebody else listens there
    public void start(Api api, PodStreams pods, Authenticator authenticator, Authorizer authorizer)
            throws IOException {
        var address = settings.host() + ":" + settings.port();
        var meta =
                new Meta(
                        api,
                        settings.checks(),
                        Meta.versionInfo(settings.gitVersion(), clock.instant().toString()),
                        address,
                        authenticator,
                        clock);
        var gate = new Gate(authenticator, authorizer);
        var handler = new Handler(api, gate, pods, new Watches(api, clock), meta, clock);
        var sockets = new WebSocketComponents();
        var upgrades = new WebSocketUpgradeHandler(sockets);
        upgrades.setHandler(new Dispatcher(handler, new WebSocketMappings(sockets)));
        var streams = new PodSockets(api, gate, pods);
        upgrades.addMapping(
                new RegexPathSpec(
                        "^/api/v1/namespaces/[^/]+/pods/[^/]+/(exec|attach|portforward)$"),
                streams::accept);
        server.setHandler(upgrades);
        listen();
    }

    private void listen() throws IOException {
        try {
            server.start();
        } catch (Exception failure) {
            try {
                server.stop();
            } catch (Exception also) {
                failure.addSuppressed(also);
            }
            if (failure instanceof BindException || failure.getCause() instanceof BindException) {
                throw new PortTakenException(settings.host(), settings.port(), failure);
            }
            throw new IOException("the API server cannot start: " + failure.getMessage(), failure);
        }
    }

    /// Another program listens on the wanted port.
    public static final class PortTakenException extends IOException {
        private static final long serialVersionUID = 1;

        PortTakenException(String host, int port, Throwable cause) {
            super(
                    "port %d on %s is taken by another program; choose another with --port"
                            .formatted(port, host),
                    cause);
        }
    }

    private ServerConnector connector(Pki pki) throws IOException {
        var tls = new SslContextFactory.Server();
        tls.setKeyStore(pki.serverKeys());
        tls.setKeyStorePassword("");
        tls.setTrustStore(pki.trust());
        tls.setWantClientAuth(true);
        tls.setSniRequired(false);
        tls.setIncludeProtocols("TLSv1.3", "TLSv1.2");
        start(tls);
        var configuration = new HttpConfiguration();
        configuration.setSendServerVersion(false);
        configuration.setIdleTimeout(-1);
        configuration.setRequestHeaderSize(64 * 1024);
        // Names in paths are looked at where they are used, and refused as upstream does.
        configuration.setUriCompliance(
                UriCompliance.UNSAFE.without("ordinal", Violation.BAD_PERCENT_ENCODING));
        var secure = new SecureRequestCustomizer();
        secure.setSniHostCheck(false);
        configuration.addCustomizer(secure);
        var http2 = new HTTP2ServerConnectionFactory(configuration);
        http2.setMaxConcurrentStreams(STREAMS_MAX);
        http2.setStreamIdleTimeout(0);
        http2.setRateControlFactory(new WindowRateControl.Factory(STREAMS_MAX));
        var http1 = new HttpConnectionFactory(configuration);
        var alpn = new ALPNServerConnectionFactory("h2", "http/1.1");
        alpn.setDefaultProtocol("http/1.1");
        var connector =
                new ServerConnector(
                        server,
                        1,
                        1,
                        new SslConnectionFactory(tls, alpn.getProtocol()),
                        alpn,
                        http2,
                        http1);
        connector.setIdleTimeout(java.time.Duration.ofHours(4).toMillis());
        connector.setShutdownIdleTimeout(5_000);
        return connector;
    }

    private static void start(SslContextFactory.Server tls) throws IOException {
        try {
            tls.start();
        } catch (Exception failure) {
            throw new IOException("TLS cannot be set up: " + failure.getMessage(), failure);
        }
    }

    /// Hands each request to a virtual thread.
    private final class Dispatcher extends org.eclipse.jetty.server.Handler.Abstract {
        private final Handler handler;
        private final WebSocketMappings sockets;

        Dispatcher(Handler handler, WebSocketMappings sockets) {
            super(Invocable.InvocationType.NON_BLOCKING);
            this.handler = handler;
            this.sockets = sockets;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) {
            var thread =
                    Thread.ofVirtual()
                            .name("request")
                            .unstarted(() -> serve(request, response, callback));
            running.add(thread);
            thread.start();
            return true;
        }

        private void serve(Request request, Response response, Callback callback) {
            try {
                var socket = WatchSocket.asked(sockets, request, response, callback);
                handler.handle(new JettyExchange(request, response, socket));
                if (socket == null || !socket.isOpen()) callback.succeeded();
            } catch (IOException gone) {
                LOG.debug(
                        "{} {}: {}", request.getMethod(), request.getHttpURI(), gone.getMessage());
                callback.failed(gone);
            } catch (RuntimeException | Error broken) {
                LOG.error("{} {} failed", request.getMethod(), request.getHttpURI(), broken);
                callback.failed(broken);
            } finally {
                running.remove(Thread.currentThread());
            }
        }
    }

    /// The port it listens on.
    public int port() {
        return connector.getLocalPort();
    }

    @Override
    public void close() throws IOException {
        connector.close();
        running.forEach(Thread::interrupt);
        try {
            server.stop();
        } catch (Exception failure) {
            throw new IOException("the API server did not stop cleanly", failure);
        }
    }
}
