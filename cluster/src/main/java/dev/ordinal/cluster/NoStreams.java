package dev.ordinal.cluster;

import dev.ordinal.api.ApiException;
import dev.ordinal.api.PodStreams;
import dev.ordinal.api.Stored;

import java.io.OutputStream;

/// Of a cluster without a node: no pod has anything to say.
final class NoStreams implements PodStreams {
    private static ApiException refused(Stored pod) {
        return ApiException.badRequest(
                "pod %s does not have a host assigned".formatted(pod.name()));
    }

    @Override
    public void logs(Stored pod, LogOptions options, OutputStream out) {
        throw refused(pod);
    }

    @Override
    public Session exec(Stored pod, ExecOptions options) {
        throw refused(pod);
    }

    @Override
    public Session attach(Stored pod, ExecOptions options) {
        throw refused(pod);
    }

    @Override
    public void check(Stored pod, ExecOptions options, boolean exec) {
        throw refused(pod);
    }

    @Override
    public Ports ports(Stored pod) {
        throw refused(pod);
    }
}
