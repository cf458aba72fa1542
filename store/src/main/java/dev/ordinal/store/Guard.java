package dev.ordinal.store;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/// The last acknowledged sequence number, in eight mapped bytes: the kernel keeps them when the
/// process is killed. A log that recovers to less than this has lost an acknowledged write.
final class Guard implements AutoCloseable {
    private final FileChannel file;
    private final MappedByteBuffer value;

    private Guard(FileChannel file, MappedByteBuffer value) {
        this.file = file;
        this.value = value;
    }

    static Guard open(Path path) throws IOException {
        var file =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        return new Guard(file, file.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES));
    }

    long acknowledged() {
        return value.getLong(0);
    }

    void acknowledge(long sequence) {
        value.putLong(0, sequence);
    }

    @Override
    public void close() throws IOException {
        value.force();
        file.close();
    }
}
