package dev.ordinal.control;

import java.util.Set;

/// Where the volumes of class `standard` live. Implemented by the node.
public interface VolumeDisk {
    /// Makes room for a volume; one that exists is left alone.
    ///
    /// @param bytes exactly what a pod will be able to use
    /// @throws FullException there is not that much unpromised space
    /// @throws java.io.IOException the disk failed
    void create(String volume, long bytes) throws java.io.IOException;

    /// The volume has its object now: no longer among the [#unfinished].
    void finish(String volume) throws java.io.IOException;

    /// Volumes that were made and not finished, by this server or an earlier one.
    Set<String> unfinished() throws java.io.IOException;

    /// Removes a volume with its data; one that is missing is fine.
    void delete(String volume) throws java.io.IOException;

    /// Where the volume is on this machine, as its PersistentVolume shows it.
    String path(String volume);

    /// Not enough unpromised space.
    final class FullException extends java.io.IOException {
        private static final long serialVersionUID = 1;

        public FullException(String message) {
            super(message);
        }
    }
}
