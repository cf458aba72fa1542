package dev.ordinal.node.pod;

import static org.assertj.core.api.Assertions.assertThat;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;

import dev.ordinal.node.network.Sockets;
import dev.ordinal.node.runtime.ContainerException;
import dev.ordinal.node.runtime.ContainerKey;
import dev.ordinal.node.runtime.ExecSession;
import dev.ordinal.node.runtime.ExecSpec;
import dev.ordinal.node.runtime.Runtime;
import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;

/// Probes and hooks of a program on this machine's loopback.
class NodeProbesTest {
    private final Map<String, String> asked = new TreeMap<>();
    private final CountDownLatch late = new CountDownLatch(1);
    private final NodeProbes probes = new NodeProbes(processes(), Sockets.host());
    private HttpServer server;
    private int port;

    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        port = server.getAddress().getPort();
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/",
                exchange -> {
                    exchange.getRequestHeaders()
                            .forEach((name, values) -> asked.put(name, values.getFirst()));
                    var path = exchange.getRequestURI().getPath();
                    if (path.equals("/late")) await(late);
                    var location = exchange.getRequestURI().getQuery();
                    if (location != null) exchange.getResponseHeaders().set("Location", location);
                    int code = path.equals("/late") ? 200 : Integer.parseInt(path.substring(1));
                    exchange.sendResponseHeaders(code, location == null ? -1 : 0);
                    if (location != null) exchange.getResponseBody().write("moved".getBytes(UTF_8));
                    exchange.close();
                });
        server.start();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() {
        late.countDown();
        server.stop(0);
    }

    /// Commands run on this machine.
    private static Runtime processes() {
        return (Runtime)
                Proxy.newProxyInstance(
                        Runtime.class.getClassLoader(),
                        new Class<?>[] {Runtime.class},
                        (_, _, arguments) -> new Command((ExecSpec) arguments[0]));
    }

    private static final class Command implements ExecSession {
        private final Process process;

        Command(ExecSpec spec) {
            try {
                process = new ProcessBuilder(spec.command()).start();
            } catch (IOException missing) {
                throw new ContainerException(
                        ContainerException.Kind.CANNOT_START, "no such program");
            }
        }

        @Override
        public OutputStream stdin() {
            return process.getOutputStream();
        }

        @Override
        public InputStream stdout() {
            return process.getInputStream();
        }

        @Override
        public InputStream stderr() {
            return process.getErrorStream();
        }

        @Override
        public void resize(int width, int height) {}

        @Override
        public int await() throws InterruptedException {
            return process.waitFor();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    private Probes.Target target() throws IOException {
        var container =
                "{'name':'c','ports':[{'name':'web','containerPort':%d}],'env':[{'name':'A','value':'1'},{'name':'B','valueFrom':{}}]}"
                        .formatted(port);
        return new Probes.Target(
                json("{'metadata':{'name':'p','namespace':'default','uid':'u'}}"),
                json(container),
                new ContainerKey("u", "c", 0),
                "127.0.0.1");
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    private Probes.Result probe(String probe) throws Exception {
        return probes.run(target(), json(probe), Duration.ofSeconds(1), false);
    }

    private Probes.Result http(String path) throws Exception {
        return probe("{'httpGet':{'port':%d,'path':'%s'}}".formatted(port, path));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    @Rule("pods 4 httpGet")
    @Test
    void anAnswerBelow400IsSuccess() throws Exception {
        for (var path : new String[] {"/200", "/204", "/299"}) {
            assertThat(http(path)).as(path).isEqualTo(Probes.Result.SUCCESS);
        }
        assertThat(http("/399").success()).isTrue();
        for (int code : new int[] {400, 404, 500}) {
            assertThat(http("/" + code))
                    .isEqualTo(Probes.Result.failure("HTTP probe failed with statuscode: " + code));
        }
    }

    @Rule("pods 4 httpGet")
    @Test
    void noAnswerIsSaidAsGoSaysIt() throws Exception {
        assertThat(http("/late").message())
                .isEqualTo(
                        "Get \"http://127.0.0.1:%d/late\": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
                                .formatted(port));
        int nobody = freePort();
        assertThat(probe("{'httpGet':{'port':%d,'path':'/'}}".formatted(nobody)).message())
                .isEqualTo(
                        "Get \"http://127.0.0.1:%1$d/\": dial tcp 127.0.0.1:%1$d: connect: connection refused"
                                .formatted(nobody));
    }

    @Rule("pods 4.10")
    @Test
    void aRequestHasItsHeadersAndPort() throws Exception {
        assertThat(probe("{'httpGet':{'port':'web','path':'200'}}").success()).isTrue();
        assertThat(asked)
                .containsEntry("Host", "127.0.0.1:" + port)
                .containsEntry("User-agent", "kube-probe/1.36")
                .containsEntry("Accept", "*/*")
                .containsEntry("Connection", "close");
        asked.clear();
        probe(
                "{'httpGet':{'port':'web','path':'/200','httpHeaders':[{'name':'Host','value':'web.example'},{'name':'user-agent','value':'me'},{'name':'Accept','value':''}]}}");
        assertThat(asked)
                .containsEntry("Host", "web.example")
                .containsEntry("User-agent", "me")
                .doesNotContainKey("Accept");
    }

    @Rule("pods 4.10")
    @Test
    void redirectsAreFollowedOnTheSameHost() throws Exception {
        assertThat(http("/302?/204")).isEqualTo(Probes.Result.SUCCESS);
        assertThat(http("/301?http://127.0.0.1:%d/500".formatted(port)))
                .isEqualTo(Probes.Result.failure("HTTP probe failed with statuscode: 500"));
        assertThat(http("/302?/a b").message())
                .endsWith("failed to parse Location header \"/a b\"");
        assertThat(http("/302?http://127.0.0.2/"))
                .isEqualTo(
                        Probes.Result.warning("Probe terminated redirects, Response body: moved"));
    }

    @Rule("pods 4 tcpSocket")
    @Test
    void aConnectionIsEnough() throws Exception {
        assertThat(probe("{'tcpSocket':{'port':'web'}}")).isEqualTo(Probes.Result.SUCCESS);
        int nobody = freePort();
        assertThat(probe("{'tcpSocket':{'port':%d}}".formatted(nobody)))
                .isEqualTo(
                        Probes.Result.failure(
                                "dial tcp 127.0.0.1:%d: connect: connection refused"
                                        .formatted(nobody)));
    }

    @Rule("pods 4 exec")
    @Test
    void aCommandSucceedsByItsCodeInTime() throws Exception {
        var command = "{'exec':{'command':['sh','-c','%s']}}";
        assertThat(probe(command.formatted("exit 0"))).isEqualTo(Probes.Result.SUCCESS);
        assertThat(probe(command.formatted("echo err >&2; echo out; exit 3")))
                .isEqualTo(Probes.Result.failure("out\nerr\n"));
        assertThat(probe("{'exec':{'command':['sleep','60']}}"))
                .isEqualTo(
                        Probes.Result.failure(
                                "command timed out: \"sleep 60\" timed out after 1s"));
        assertThat(probe("{'exec':{'command':['/none']}}"))
                .isEqualTo(Probes.Result.unknown("no such program"));
    }

    @Rule("pods 4.11")
    @Test
    void onlyLiteralVariablesAreReplacedInACommandAndNoneInAHook() throws Exception {
        var exec = "{'exec':{'command':['sh','-c','echo $0; exit 3','$(A) $(B)']}}";
        assertThat(probe(exec).message()).isEqualTo("1 $(B)\n");
        assertThat(hook(exec).orElseThrow()).endsWith("message: \"$(A) $(B)\\n\"");
    }

    private Optional<String> hook(String handler) throws IOException {
        return probes.run(target(), json(handler));
    }

    @Rule("pods 5.7")
    @Test
    void anyAnswerSatisfiesAHook() throws Exception {
        assertThat(hook("{'httpGet':{'port':'web','path':'/500'}}")).isEmpty();
        assertThat(asked).containsEntry("User-agent", "kube-lifecycle/1.36");
        assertThat(hook("{'sleep':{'seconds':0}}")).isEmpty();
        assertThat(hook("{'tcpSocket':{'port':'web'}}")).isPresent();
    }

    @Rule("pods 5.7")
    @Test
    void aHookThatFailsTellsWhy() throws Exception {
        assertThat(hook("{'exec':{'command':['true']}}")).isEmpty();
        assertThat(hook("{'exec':{'command':['sh','-c','echo err >&2; echo out; exit 3']}}"))
                .contains(
                        "Exec lifecycle hook ([sh -c echo err >&2; echo out; exit 3]) for Container"
                            + " \"c\" in Pod \"p_default(u)\" failed - error: command 'sh -c echo"
                            + " err >&2; echo out; exit 3' exited with 3: err\n"
                            + ", message: \"out\\n"
                            + "err\\n"
                            + "\"");
        int nobody = freePort();
        assertThat(hook("{'httpGet':{'port':%d,'path':'/x'}}".formatted(nobody)))
                .contains(
                        "HTTP lifecycle hook (/x) for Container \"c\" in Pod \"p_default(u)\" failed - error: Get \"http://127.0.0.1:%1$d/x\": dial tcp 127.0.0.1:%1$d: connect: connection refused"
                                .formatted(nobody));
    }
}
