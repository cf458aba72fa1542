package dev.ordinal.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/// Large answers go out packed to clients that can unpack them.
///
/// @see "upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go"
final class Compression {
    private static final int PACKED_FROM_BYTES = 128 * 1024;

    private Compression() {}

    /// The body as it is sent; says so in the answer's headers where it is packed.
    static byte[] packed(Exchange exchange, byte[] body) throws IOException {
        if (body.length <= PACKED_FROM_BYTES || !accepts(exchange)) return body;
        exchange.answerHeader("Content-Encoding", "gzip");
        exchange.answerHeader("Vary", "Accept-Encoding");
        var packed = new ByteArrayOutputStream(body.length / 4);
        try (var out = new Fast(packed)) {
            out.write(body);
        }
        return packed.toByteArray();
    }

    /// Only the bare word counts: `gzip;q=0.5` is not looked into, as upstream does not.
    private static boolean accepts(Exchange exchange) {
        for (var clause : exchange.header("Accept-Encoding").split(",", -1)) {
            if (clause.strip().equals("gzip")) return true;
        }
        return false;
    }

    private static final class Fast extends GZIPOutputStream {
        Fast(OutputStream out) throws IOException {
            super(out, 8192);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
