package dev.ordinal.kinds.statefulset;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.Kind;
import dev.ordinal.control.EventRecorder;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Writes;

import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.ControllerRevision;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import java.time.InstantSource;

/// What all looks at sets share.
///
/// @param writes how pods of a Parallel set are made and deleted
/// @param countsUnavailable whether maxUnavailable counts
record SetParts(
        Api api,
        Kind kind,
        Informer<StatefulSet> sets,
        Informer<Pod> pods,
        Informer<PersistentVolumeClaim> claims,
        Informer<ControllerRevision> revisions,
        EventRecorder events,
        InstantSource clock,
        Writes writes,
        boolean countsUnavailable) {
    static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
}
