package dev.ordinal.server.spdy;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/// Unpacks the header blocks of one connection: each continues the compressed text of those before.
final class HeaderReader implements AutoCloseable {
    /// Of one block, unpacked.
    static final int BYTES_MAX = 64 * 1024;

    private final Inflater inflater = new Inflater();
    private final byte[] text = new byte[BYTES_MAX];

    /// @param block all that remains of a frame
    Map<String, String> read(ByteBuffer block) throws MalformedException {
        inflater.setInput(block);
        try {
            return parse(ByteBuffer.wrap(text, 0, inflate()));
        } catch (DataFormatException | IllegalArgumentException malformed) {
            throw new MalformedException("the headers cannot be unpacked", malformed);
        } catch (BufferUnderflowException cut) {
            throw new MalformedException("the headers are cut short", cut);
        }
    }

    private int inflate() throws DataFormatException, MalformedException {
        int length = 0;
        while (true) {
            int more = inflater.inflate(text, length, text.length - length);
            length += more;
            if (length == text.length) {
                throw new MalformedException("more than %d bytes of headers".formatted(BYTES_MAX));
            }
            if (more > 0) continue;
            if (inflater.needsDictionary()) inflater.setDictionary(Dictionary.bytes());
            else if (inflater.needsInput()) return length;
            else throw new MalformedException("the compressed text of headers has ended");
        }
    }

    private static Map<String, String> parse(ByteBuffer block) throws MalformedException {
        Map<String, String> headers = new LinkedHashMap<>();
        int count = block.getInt();
        if (count < 0 || count > block.remaining()) {
            throw new MalformedException("%d headers in a shorter block".formatted(count));
        }
        for (int i = 0; i < count; i++) {
            var name = string(block);
            if (name.isEmpty() || !name.equals(name.toLowerCase(Locale.ROOT))) {
                throw new MalformedException("a header's name is empty or not in lower case");
            }
            var value = string(block);
            int end = value.indexOf('\0'); // of the first of several
            var first = end < 0 ? value : value.substring(0, end);
            if (headers.put(name, first) != null) {
                throw new MalformedException("the header %s comes twice".formatted(name));
            }
        }
        if (block.hasRemaining()) throw new MalformedException("more text than headers");
        return headers;
    }

    private static String string(ByteBuffer block) throws MalformedException {
        int length = block.getInt();
        if (length < 0 || length > block.remaining()) {
            throw new MalformedException("the headers are cut short");
        }
        var bytes = new byte[length];
        block.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        inflater.end();
    }
}
