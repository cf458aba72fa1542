package dev.ordinal.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/// What has to be true once nothing happens any more: everything is as it was asked for.
final class Settled {
    private final World world;

    Settled(World world) {
        this.world = world;
    }

    void check() {
        var pods = world.all(Types.PODS);
        for (var set : world.all(Types.STATEFUL_SETS)) check(set.tree(), pods);
        checkPods(pods);
        checkVolumes();
        checkEndpoints(pods);
    }

    private void check(JsonNode set, List<Stored> pods) {
        var name = set.at("/metadata/name").asText();
        assertThat(World.terminating(set)).as("%s is deleted to its end", name).isFalse();
        int start = set.at("/spec/ordinals/start").asInt();
        int replicas = set.at("/spec/replicas").asInt();
        List<String> wanted = new ArrayList<>();
        for (int i = start; i < start + replicas; i++) wanted.add(name + "-" + i);
        var uid = set.at("/metadata/uid").asText();
        var mine = pods.stream().filter(pod -> owned(pod, uid)).toList();
        assertThat(mine).as("pods of %s", name).extracting(Stored::name).isEqualTo(wanted);
        assertThat(mine).as("ready pods of %s", name).allMatch(pod -> World.ready(pod.tree()));
        var image = World.image(set.at("/spec/template"));
        boolean rolls = set.at("/spec/updateStrategy/type").asText().equals("RollingUpdate");
        long updated = mine.stream().filter(pod -> World.image(pod.tree()).equals(image)).count();
        if (rolls) assertThat(updated).as("updated pods of %s", name).isEqualTo(replicas);
        var status = set.path("status");
        for (var counter : List.of("replicas", "readyReplicas", "availableReplicas")) {
            assertThat(status.path(counter).asInt())
                    .as("%s of %s", counter, name)
                    .isEqualTo(replicas);
        }
        assertThat(status.path("updatedReplicas").asInt())
                .as("updatedReplicas of %s", name)
                .isEqualTo((int) updated);
        assertThat(status.path("observedGeneration").asLong())
                .isEqualTo(set.at("/metadata/generation").asLong());
        if (rolls) {
            assertThat(status.path("currentRevision")).isEqualTo(status.path("updateRevision"));
        }
        checkClaims(set, name, wanted);
    }

    private static boolean owned(Stored object, String uid) {
        for (var owner : object.tree().at("/metadata/ownerReferences")) {
            if (owner.path("uid").asText().equals(uid)) return true;
        }
        return false;
    }

    /// Each wanted ordinal has its claim; what the policy deletes when scaled is gone.
    private void checkClaims(JsonNode set, String name, List<String> wanted) {
        Set<String> claims = new TreeSet<>();
        var prefix = "data-" + name + "-";
        var uid = set.at("/metadata/uid").asText();
        boolean whenDeleted =
                set.at("/spec/persistentVolumeClaimRetentionPolicy/whenDeleted")
                        .asText()
                        .equals("Delete");
        for (var claim : world.all(Types.CLAIMS)) {
            if (!claim.name().startsWith(prefix)) continue;
            claims.add(claim.name());
            assertThat(claim.tree().at("/status/phase").asText())
                    .as("phase of %s", claim.name())
                    .isEqualTo("Bound");
            if (World.terminating(claim.tree())) continue; // a pod that got it before still uses it
            var pod = claim.name().substring("data-".length());
            if (wanted.contains(pod)) {
                assertThat(owned(claim, uid))
                        .as("%s belongs to the set", claim.name())
                        .isEqualTo(whenDeleted);
            }
            for (var owner : claim.tree().at("/metadata/ownerReferences")) {
                assertThat(exists(owner)).as("owner of %s: %s", claim.name(), owner).isTrue();
            }
        }
        for (var pod : wanted) assertThat(claims).contains("data-" + pod);
    }

    private boolean exists(JsonNode owner) {
        var type = owner.path("kind").asText().equals("Pod") ? Types.PODS : Types.STATEFUL_SETS;
        var found = world.find(type, owner.path("name").asText());
        return found != null && found.uid().equals(owner.path("uid").asText());
    }

    /// No pod is left that its owner has left behind, none that ends for ever.
    private void checkPods(List<Stored> pods) {
        for (var pod : pods) {
            assertThat(World.terminating(pod.tree())).as("%s has ended", pod.name()).isFalse();
            for (var owner : pod.tree().at("/metadata/ownerReferences")) {
                assertThat(exists(owner)).as("owner of %s: %s", pod.name(), owner).isTrue();
            }
        }
    }

    /// Volumes, their data and the claims belong together, one to one.
    private void checkVolumes() {
        Set<String> bound = new HashSet<>();
        for (var claim : world.all(Types.CLAIMS)) {
            bound.add(claim.tree().at("/spec/volumeName").asText());
        }
        Set<String> volumes = new TreeSet<>();
        for (var volume : world.api.list(Types.VOLUMES, null, ListOptions.ALL).items()) {
            volumes.add(volume.name());
            assertThat(bound).as("volume %s has its claim", volume.name()).contains(volume.name());
        }
        assertThat(world.disk.volumes()).as("data on the disk").isEqualTo(volumes);
    }

    /// A Service leads to the pods that are Ready.
    private void checkEndpoints(List<Stored> pods) {
        for (var service : world.all(Types.SERVICES)) {
            var app = service.tree().at("/spec/selector/app").asText();
            if (app.isEmpty()) continue;
            Set<String> ready = new TreeSet<>();
            for (var pod : pods) {
                boolean selected = pod.tree().at("/metadata/labels/app").asText().equals(app);
                if (selected && World.ready(pod.tree())) ready.add(pod.uid());
            }
            Set<String> led = new TreeSet<>();
            for (var slice : world.all(Types.ENDPOINT_SLICES)) {
                if (!owned(slice, service.uid())) continue;
                for (var endpoint : slice.tree().path("endpoints")) {
                    if (endpoint.at("/conditions/ready").asBoolean()) {
                        led.add(endpoint.at("/targetRef/uid").asText());
                    }
                }
            }
            assertThat(led).as("endpoints of %s", service.name()).isEqualTo(ready);
        }
    }
}
