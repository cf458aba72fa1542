package dev.ordinal.server.spdy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ordinal.testing.Rule;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.Adler32;

class FrameReaderTest {
    /// Written by github.com/moby/spdystream: an error stream that is closed, a data stream with
    /// hello, a ping, a reset and a farewell.
    private static final byte[] RECORDED =
            HexFormat.of()
                    .parseHex(
                            "800300010000003e0000000100000000000078f9e3c6a7c202253a703a2b294a4dcc851625"
                                + "aca9a0808614cb45e01c60616060c0c0c0c0590489c64c50f2663400000000ffff"
                                + "0000000101000000800300010000001800000003000000000000c2aa19540e2512"
                                + "d60b000000ffff000000030000000568656c6c6f80030006000000040000000180"
                                + "03000300000008000000030000000580030007000000080000000000000000");

    private final SpdyClient client = new SpdyClient();

    private static List<Frame> read(byte[] bytes) throws IOException {
        List<Frame> frames = new ArrayList<>();
        try (var reader = new FrameReader(new ByteArrayInputStream(bytes))) {
            for (var frame = reader.read(); frame != null; frame = reader.read()) {
                frames.add(frame);
            }
        }
        return frames;
    }

    private static void refused(SpdyClient sent, String why) {
        assertThatThrownBy(() -> read(sent.take()))
                .isInstanceOf(MalformedException.class)
                .hasMessageContaining(why);
    }

    @Test
    void theDictionaryIsTheOneOfTheProtocol() {
        var sum = new Adler32();
        sum.update(Dictionary.bytes());
        assertThat(sum.getValue()).isEqualTo(0xe3c6a7c2L);
    }

    @Rule("api 14.7")
    @Test
    void whatUpstreamsLibraryWritesIsRead() throws IOException {
        assertThat(read(RECORDED))
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new Frame.SynStream(1, false, false, headers("error")),
                        new Frame.Data(1, true, new byte[0]),
                        new Frame.SynStream(3, false, false, headers("data")),
                        new Frame.Data(3, false, "hello".getBytes(StandardCharsets.UTF_8)),
                        new Frame.Ping(1),
                        new Frame.RstStream(3, SpdyConnection.CANCEL),
                        new Frame.GoAway(0, 0));
    }

    private static Map<String, String> headers(String type) {
        return Map.of("streamtype", type, "port", "8000", "requestid", "0");
    }

    @Test
    void anEndInTheMiddleOfAFrameIsNoEnd() throws IOException {
        List<Integer> clean = new ArrayList<>();
        for (int length = 0; length < RECORDED.length; length++) {
            try {
                read(Arrays.copyOf(RECORDED, length));
                clean.add(length);
            } catch (EOFException _) {
                // As expected.
            }
        }
        assertThat(clean).as("between frames").containsExactly(0, 70, 78, 110, 123, 135, 151);
    }

    @Test
    void longFramesOfDataComeInPieces() throws IOException {
        var bytes = new byte[FrameReader.DATA_BYTES_MAX + 5];
        Arrays.fill(bytes, (byte) 7);
        assertThat(read(client.data(1, true, bytes).take()))
                .satisfiesExactly(
                        first -> assertThat(((Frame.Data) first).fin()).isFalse(),
                        last -> {
                            assertThat(((Frame.Data) last).fin()).isTrue();
                            assertThat(((Frame.Data) last).bytes()).hasSize(5).containsOnly(7);
                        });
    }

    @Test
    void otherFramesOfTheProtocolAreKnown() throws IOException {
        client.ints(Frame.SETTINGS, 1, 4, 100).ints(Frame.WINDOW_UPDATE, 1, 65536);
        var packed = client.pack(SpdyClient.block(Map.of("a", "b")));
        var reply = ByteBuffer.allocate(4 + packed.length).putInt(1).put(packed).array();
        client.control(Frame.SYN_REPLY, 0, reply).synStream(3, 0, Map.of("a", "b"));
        assertThat(read(client.take()))
                .containsExactly(
                        new Frame.Other(Frame.SETTINGS),
                        new Frame.Other(Frame.WINDOW_UPDATE),
                        new Frame.Other(Frame.SYN_REPLY),
                        new Frame.SynStream(3, false, false, Map.of("a", "b")));
    }

    @Test
    void unknownFramesAndVersionsAreRefused() {
        refused(client.ints(12, 1), "type 12");
        refused(client.ints(0), "type 0");
        refused(client.head(0x80020001, 10, new byte[10]), "version 2");
    }

    @Test
    void framesHaveTheirLength() {
        refused(client.ints(Frame.PING, 1, 2), "8 bytes");
        refused(client.ints(Frame.RST_STREAM, 1), "4 bytes");
        refused(client.ints(Frame.GOAWAY, 1, 2, 3), "12 bytes");
        refused(client.ints(Frame.SYN_STREAM, 1, 0), "8 bytes");
        refused(client.ints(Frame.SETTINGS, 1000, 4, 100), "1000 settings");
        refused(client.ints(Frame.SETTINGS, -1), "-1 settings");
        refused(client.control(Frame.SETTINGS, 0, new byte[70_000]), "70000 bytes");
    }

    @Test
    void malformedHeadersAreRefused() {
        refused(client.synStream(1, 0, Map.of("Port", "1")), "lower case");
        refused(new SpdyClient().synStream(1, 0, new byte[3]), "cut short");
        var twice = ByteBuffer.allocate(22).putInt(2);
        for (int i = 0; i < 2; i++) twice.putInt(1).put((byte) 'a').putInt(0);
        refused(new SpdyClient().synStream(1, 0, twice.array()), "twice");
        var many = ByteBuffer.allocate(4).putInt(Integer.MAX_VALUE).array();
        refused(new SpdyClient().synStream(1, 0, many), "headers in a shorter block");
        var longName = ByteBuffer.allocate(12).putInt(1).putInt(Integer.MAX_VALUE).array();
        refused(new SpdyClient().synStream(1, 0, longName), "cut short");
        refused(new SpdyClient().control(Frame.SYN_STREAM, 0, new byte[30]), "unpacked");
    }

    @Test
    void fewPackedBytesCannotBecomeMany() {
        refused(client.synStream(1, 0, new byte[10_000_000]), "more than 65536 bytes of headers");
    }

    /// Whatever comes, it ends, by one of two ways.
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void noiseIsRefused(long seed) throws IOException {
        var random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            var bytes = RECORDED.clone();
            for (int i = 0; i < 3; i++) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            try {
                read(bytes);
            } catch (MalformedException | EOFException _) {
                // As expected.
            }
        }
    }
}
