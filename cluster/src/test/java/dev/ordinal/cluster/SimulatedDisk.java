package dev.ordinal.cluster;

import dev.ordinal.control.VolumeDisk;

import java.util.Set;
import java.util.TreeSet;

/// A disk that only remembers which volumes it has.
class SimulatedDisk implements VolumeDisk {
    private final Set<String> volumes = new TreeSet<>();
    private final Set<String> unfinished = new TreeSet<>();

    @Override
    public void create(String volume, long bytes) {
        if (volumes.add(volume)) unfinished.add(volume);
    }

    @Override
    public void delete(String volume) {
        volumes.remove(volume);
        unfinished.remove(volume);
    }

    @Override
    public void finish(String volume) {
        unfinished.remove(volume);
    }

    @Override
    public Set<String> unfinished() {
        return Set.copyOf(unfinished);
    }

    @Override
    public String path(String volume) {
        return "/volumes/" + volume;
    }

    Set<String> volumes() {
        return volumes;
    }
}
