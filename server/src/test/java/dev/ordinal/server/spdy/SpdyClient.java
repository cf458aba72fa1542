package dev.ordinal.server.spdy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.Deflater;

/// Writes what a client sends, right or wrong.
final class SpdyClient {
    private final Deflater deflater = new Deflater();
    private final ByteArrayOutputStream sent = new ByteArrayOutputStream();

    SpdyClient() {
        deflater.setDictionary(Dictionary.bytes());
    }

    /// All so far, which begins anew.
    byte[] take() {
        var bytes = sent.toByteArray();
        sent.reset();
        return bytes;
    }

    SpdyClient synStream(int stream, int flags, Map<String, String> headers) {
        return synStream(stream, flags, block(headers));
    }

    /// @param headers not yet packed
    SpdyClient synStream(int stream, int flags, byte[] headers) {
        var packed = pack(headers);
        return control(
                Frame.SYN_STREAM,
                flags,
                ByteBuffer.allocate(10 + packed.length)
                        .putInt(stream)
                        .putInt(0)
                        .putShort((short) 0)
                        .put(packed)
                        .array());
    }

    byte[] pack(byte[] headers) {
        var packed = new byte[headers.length + 1024];
        deflater.setInput(headers);
        int length = deflater.deflate(packed, 0, packed.length, Deflater.SYNC_FLUSH);
        return java.util.Arrays.copyOf(packed, length);
    }

    static byte[] block(Map<String, String> headers) {
        var block = ByteBuffer.allocate(4096).putInt(headers.size());
        headers.forEach(
                (name, value) -> {
                    for (var text : new String[] {name, value}) {
                        var bytes = text.getBytes(StandardCharsets.UTF_8);
                        block.putInt(bytes.length).put(bytes);
                    }
                });
        return java.util.Arrays.copyOf(block.array(), block.position());
    }

    SpdyClient data(int stream, boolean fin, byte[] bytes) {
        sent.writeBytes(
                ByteBuffer.allocate(8 + bytes.length)
                        .putInt(stream)
                        .putInt((fin ? 1 << 24 : 0) | bytes.length)
                        .put(bytes)
                        .array());
        return this;
    }

    SpdyClient control(int type, int flags, byte[] content) {
        return head(0x80030000 | type, flags << 24 | content.length, content);
    }

    SpdyClient head(int first, int second, byte[] content) {
        sent.writeBytes(
                ByteBuffer.allocate(8 + content.length)
                        .putInt(first)
                        .putInt(second)
                        .put(content)
                        .array());
        return this;
    }

    SpdyClient ints(int type, int... fields) {
        var content = ByteBuffer.allocate(4 * fields.length);
        for (int field : fields) content.putInt(field);
        return control(type, 0, content.array());
    }
}
