package dev.ordinal.server.spdy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;

/// A connection over sockets of this machine.
@Timeout(30)
class SpdyConnectionTest implements SpdyConnection.Peer {
    private final SpdyClient client = new SpdyClient();
    private final BlockingQueue<SpdyStream> opened = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> served = new CompletableFuture<>();
    private Socket near;
    private Socket far;
    private SpdyConnection connection;
    private FrameReader answers;

    @BeforeEach
    void connect() throws IOException {
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            near = new Socket(listener.getInetAddress(), listener.getLocalPort());
            far = listener.accept();
        }
        connection = new SpdyConnection(far.getInputStream(), far.getOutputStream(), this);
        answers = new FrameReader(near.getInputStream());
        Thread.startVirtualThread(
                () -> {
                    try {
                        connection.serve();
                        served.complete(null);
                    } catch (IOException | InterruptedException end) {
                        served.completeExceptionally(end);
                    }
                });
    }

    @AfterEach
    void close() throws IOException {
        near.close();
        far.close();
    }

    @Override
    public boolean takes(SpdyStream stream) {
        return stream.header("refuse").isEmpty();
    }

    @Override
    public void opened(SpdyStream stream) {
        opened.add(stream);
    }

    private void send() throws IOException {
        near.getOutputStream().write(client.take());
    }

    private SpdyStream open(int id) throws Exception {
        client.synStream(id, 0, Map.of("kind", "test"));
        send();
        assertThat(answers.read()).isEqualTo(new Frame.Other(Frame.SYN_REPLY));
        return opened.take();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String data() throws IOException {
        return new String(((Frame.Data) answers.read()).bytes(), StandardCharsets.UTF_8);
    }

    @Test
    void eachDirectionEndsByItself() throws Exception {
        var stream = open(1);
        assertThat(stream.header("kind")).isEqualTo("test");
        client.data(1, false, bytes("hel")).data(1, true, bytes("lo"));
        send();
        assertThat(stream.input().readAllBytes()).isEqualTo(bytes("hello"));
        assertThat(connection.open()).isEqualTo(1);

        stream.output().write(bytes("world"));
        stream.output().close();
        assertThat(data()).isEqualTo("world");
        assertThat(((Frame.Data) answers.read()).fin()).isTrue();
        assertThat(connection.open()).isZero();
        assertThatThrownBy(() -> stream.output().write(1)).isInstanceOf(IOException.class);
    }

    @Test
    void aResetOfTheClientIsToldToBothSides() throws Exception {
        var stream = open(1);
        client.ints(Frame.RST_STREAM, 1, SpdyConnection.CANCEL);
        send();
        assertThatThrownBy(() -> stream.input().read()).hasMessage("the stream was reset");
        assertThatThrownBy(() -> stream.output().write(1)).hasMessage("the stream is closed");
        assertThat(connection.open()).isZero();
    }

    @Test
    void aResetOfTheServerIsSent() throws Exception {
        var stream = open(1);
        stream.reset();
        assertThat(answers.read()).isEqualTo(new Frame.RstStream(1, SpdyConnection.CANCEL));
        client.data(1, false, bytes("late"));
        send();
        assertThat(open(3).id()).as("what is late is dropped").isEqualTo(3);
    }

    @Test
    void streamsThatCannotBeAreReset() throws Exception {
        var _ = open(5);
        client.synStream(3, 0, Map.of()).synStream(8, 0, Map.of());
        client.synStream(9, 0, Map.of("refuse", "yes"));
        send();
        assertThat(answers.read()).isEqualTo(new Frame.RstStream(3, SpdyConnection.PROTOCOL_ERROR));
        assertThat(answers.read()).isEqualTo(new Frame.RstStream(8, SpdyConnection.PROTOCOL_ERROR));
        assertThat(answers.read()).isEqualTo(new Frame.RstStream(9, SpdyConnection.CANCEL));
        assertThat(opened).isEmpty();
    }

    @Test
    void thereAreOnlySoManyStreams() throws Exception {
        int id = 1;
        for (int i = 0; i < SpdyConnection.STREAMS_MAX; i++, id += 2) open(id);
        client.synStream(id, 0, Map.of());
        send();
        var refused = new Frame.RstStream(id, SpdyConnection.REFUSED_STREAM);
        assertThat(answers.read()).isEqualTo(refused);
    }

    @Test
    void pingsComeBackAndAFarewellOpensNothing() throws Exception {
        client.ints(Frame.PING, 7).ints(Frame.PING, 2).ints(Frame.GOAWAY, 0, 0);
        client.synStream(1, 0, Map.of()).ints(Frame.PING, 9);
        send();
        assertThat(answers.read()).isEqualTo(new Frame.Ping(7));
        assertThat(answers.read()).isEqualTo(new Frame.Ping(9));
        assertThat(opened).isEmpty();
    }

    @Test
    void whoSendsWhatNobodyReadsWaits() throws Exception {
        var stream = open(1);
        var piece = new byte[FrameReader.DATA_BYTES_MAX];
        int pieces = 500; // more than the sockets hold
        for (int i = 0; i < pieces; i++) client.data(1, i == pieces - 1, piece);
        var sender = Thread.startVirtualThread(this::sendQuietly);
        assertThat(sender.join(java.time.Duration.ofMillis(200))).as("sent").isFalse();
        assertThat(stream.input().transferTo(OutputStream.nullOutputStream()))
                .isEqualTo((long) pieces * piece.length);
        sender.join();
    }

    private void sendQuietly() {
        try {
            send();
        } catch (IOException gone) {
            throw new AssertionError(gone);
        }
    }

    @Test
    void aStreamThatIsClosedHoldsNobodyUp() throws Exception {
        open(1).close();
        for (int i = 0; i < 100; i++) client.data(1, false, new byte[100_000]);
        send();
        assertThat(((Frame.Data) answers.read()).fin()).isTrue();
        assertThat(open(3).id()).isEqualTo(3);
    }

    @Test
    void whoBreaksTheProtocolIsToldSoAndLosesAllStreams() throws Exception {
        var stream = open(1);
        client.ints(99, 1);
        send();
        assertThat(answers.read()).isEqualTo(new Frame.GoAway(1, SpdyConnection.PROTOCOL_ERROR));
        assertThatThrownBy(served::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> stream.input().read()).hasMessage("the connection is closed");
    }

    @Test
    void theEndOfTheConnectionEndsItsStreams() throws Exception {
        var stream = open(1);
        InputStream input = stream.input();
        near.close();
        served.get();
        assertThatThrownBy(input::read).hasMessage("the connection is closed");
        assertThatThrownBy(() -> stream.output().write(1)).isInstanceOf(IOException.class);
        assertThat(connection.open()).isZero();
    }
}
