package dev.ordinal.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ordinal.api.PodStreams.ExecOptions;
import dev.ordinal.api.PodStreams.Session;
import dev.ordinal.testing.Rule;

import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.core.CloseStatus;
import org.eclipse.jetty.websocket.core.CoreSession;
import org.eclipse.jetty.websocket.core.Frame;
import org.eclipse.jetty.websocket.core.OpCode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

@Timeout(30)
class RemoteCommandTest {
    private static final ExecOptions ALL =
            new ExecOptions("", List.of("cat"), true, true, true, false);
    private final Client client = new Client();

    private BinarySocket open(Command command, boolean v5) throws Exception {
        var socket = new BinarySocket("exec", new RemoteCommand(command, ALL, v5));
        socket.onOpen(client, Callback.NOOP);
        assertThat(client.next()).isEqualTo("1:");
        return socket;
    }

    private static void send(BinarySocket socket, int channel, String text) {
        var bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        var message = ByteBuffer.allocate(bytes.length + 1).put((byte) channel).put(bytes);
        socket.onFrame(new Frame(OpCode.BINARY, message.flip()), Callback.NOOP);
    }

    @Rule({"api 14.2", "api 14.4"})
    @Test
    void outputComesBeforeTheStatusAndTheEnd() throws Exception {
        var command = new Command(new ByteArrayInputStream("out".getBytes(StandardCharsets.UTF_8)));
        command.code.countDown();
        open(command, true);
        assertThat(client.next()).isEqualTo("1:out");
        assertThat(client.next())
                .startsWith("3:{\"metadata\":{},\"status\":\"Failure\"")
                .contains("\"reason\":\"ExitCode\",\"message\":\"7\"");
        assertThat(client.next()).isEqualTo("closed 1000");
        assertThat(command.closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Rule({"api 14.3", "api 14.5"})
    @Test
    void whatIsSentReachesTheCommandUntilItsEnd() throws Exception {
        var command = new Command(InputStream.nullInputStream());
        var socket = open(command, true);
        send(socket, 4, "{\"Width\":80,\"Height\":24}");
        send(socket, 0, "one ");
        var begin = new Frame(OpCode.BINARY, ByteBuffer.wrap(new byte[] {0, 't', 'w'}));
        begin.setFin(false);
        socket.onFrame(begin, Callback.NOOP);
        var rest = new Frame(OpCode.CONTINUATION, ByteBuffer.wrap(new byte[] {'o'}));
        socket.onFrame(rest, Callback.NOOP);
        send(socket, 255, "\0");
        assertThat(command.inputEnded.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(command.input.toString(StandardCharsets.UTF_8)).isEqualTo("one two");
        assertThat(command.size).isEqualTo("80x24");
        command.code.countDown();
    }

    @Rule("api 14.3")
    @Test
    void beforeVersion5AnInputHasNoEnd() throws Exception {
        var command = new Command(InputStream.nullInputStream());
        var socket = open(command, false);
        send(socket, 255, "\0");
        send(socket, 0, "more");
        assertThat(command.written.poll(10, TimeUnit.SECONDS)).isEqualTo("more");
        assertThat(command.inputEnded.getCount()).isOne();
        command.code.countDown();
    }

    @Test
    void aClientWaitsForACommandThatDoesNotReadAndTheServerDoesNot() throws Exception {
        var command = new Command(InputStream.nullInputStream());
        command.reads = new CountDownLatch(1);
        var socket = open(command, true);
        int wanted = 0;
        for (int sent = 0; client.demands.get() > wanted; sent++) {
            wanted = client.demands.get();
            send(socket, 0, "x".repeat(32 * 1024));
            assertThat(sent).as("frames that were taken").isLessThan(20);
        }
        client.demanded.clear();
        command.reads.countDown();
        assertThat(client.demanded.poll(10, TimeUnit.SECONDS)).isNotNull();
        command.code.countDown();
    }

    @Test
    void theSessionIsClosedWhenTheClientIsGone() throws Exception {
        var output = new PipedOutputStream();
        var command = new Command(new PipedInputStream(output));
        var socket = open(command, true);
        socket.onClosed(new CloseStatus(1006), Callback.NOOP);
        assertThat(command.closed.await(10, TimeUnit.SECONDS)).isTrue();
    }

    /// A command that prints something, reads and ends with code 7 when it is let.
    private static final class Command implements Session {
        final ByteArrayOutputStream input = new ByteArrayOutputStream();
        final BlockingQueue<String> written = new LinkedBlockingQueue<>();
        final CountDownLatch inputEnded = new CountDownLatch(1);
        final CountDownLatch code = new CountDownLatch(1);
        final CountDownLatch closed = new CountDownLatch(1);
        final InputStream output;
        CountDownLatch reads = new CountDownLatch(0);
        volatile String size = "";

        Command(InputStream output) {
            this.output = output;
        }

        @Override
        public @Nullable OutputStream stdin() {
            return new OutputStream() {
                @Override
                public void write(int value) throws IOException {
                    write(new byte[] {(byte) value}, 0, 1);
                }

                @Override
                public void write(byte[] bytes, int offset, int length) throws IOException {
                    try {
                        reads.await();
                    } catch (InterruptedException _) {
                        throw new IOException("interrupted");
                    }
                    input.write(bytes, offset, length);
                    written.add(new String(bytes, offset, length, StandardCharsets.UTF_8));
                }

                @Override
                public void close() {
                    inputEnded.countDown();
                }
            };
        }

        @Override
        public InputStream stdout() {
            return output;
        }

        @Override
        public @Nullable InputStream stderr() {
            return null;
        }

        @Override
        public void resize(int columns, int rows) {
            size = columns + "x" + rows;
        }

        @Override
        public int await() throws InterruptedException {
            code.await();
            return 7;
        }

        @Override
        public void close() {
            closed.countDown();
        }
    }

    /// The other end of the socket.
    private static final class Client extends CoreSession.Empty {
        final AtomicInteger demands = new AtomicInteger();
        final BlockingQueue<Integer> demanded = new LinkedBlockingQueue<>();
        private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();

        /// The next message as channel and text.
        String next() throws InterruptedException {
            return String.valueOf(messages.poll(10, TimeUnit.SECONDS));
        }

        @Override
        public void demand() {
            demanded.add(demands.incrementAndGet());
        }

        @Override
        public void sendFrame(Frame frame, Callback callback, boolean batch) {
            var payload = frame.getPayload();
            int channel = payload.get();
            messages.add(channel + ":" + StandardCharsets.UTF_8.decode(payload));
            callback.succeeded();
        }

        @Override
        public void close(int statusCode, String reason, Callback callback) {
            messages.add("closed " + statusCode);
            callback.succeeded();
        }
    }
}
