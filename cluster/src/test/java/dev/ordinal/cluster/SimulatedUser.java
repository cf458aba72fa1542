package dev.ordinal.cluster;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.Body;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/// People at work on a few sets, without much thought.
final class SimulatedUser {
    private static final WriteOptions WRITE = WriteOptions.by("user");
    private static final List<String> NAMES = List.of("web", "db");
    private static final List<String> PROPAGATIONS = List.of("Background", "Foreground", "Orphan");
    private static final int REPLICAS_MAX = 4;

    private final World world;

    SimulatedUser(World world) {
        this.world = world;
    }

    void act(Random random) {
        var name = NAMES.get(random.nextInt(NAMES.size()));
        var set = world.find(Types.STATEFUL_SETS, name);
        if (set == null) {
            create(name, random);
            return;
        }
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3 -> patch(set, "{'spec':{'replicas':%d}}", replicas(random));
            case 4, 5, 6 -> image(set, "i:" + random.nextInt(4));
            case 7 -> image(set, "i:bad");
            case 8 -> strategy(set, "RollingUpdate", random);
            case 9 -> strategy(set, random.nextBoolean() ? "OnDelete" : "RollingUpdate", random);
            case 10, 11 -> retention(set, random);
            case 12 -> deleteSet(set, random);
            case 13 -> deletePod(random, false);
            case 14 -> deletePod(random, random.nextBoolean());
            case 15 -> deleteClaim(random);
            case 16 -> patch(set, "{'spec':{'minReadySeconds':%d}}", random.nextInt(3) * 5);
            case 17 -> patch(set, "{'spec':{'revisionHistoryLimit':%d}}", random.nextInt(3));
            case 18 ->
                    patch(
                            set,
                            "{'metadata':{'annotations':{'ordinal.dev/rollout-recovery':%s}}}",
                            random.nextBoolean() ? "'DeleteUnready'" : "null");
            default -> disown(random);
        }
    }

    private static int replicas(Random random) {
        return random.nextInt(REPLICAS_MAX + 1);
    }

    private void create(String name, Random random) {
        var image = "i:" + random.nextInt(4);
        var text =
                """
                {'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'%1$s'},
                 'spec':{'replicas':%2$d,'serviceName':'%1$s','podManagementPolicy':'%3$s',
                  'ordinals':{'start':%4$d},
                  'selector':{'matchLabels':{'app':'%1$s'}},
                  'template':{'metadata':{'labels':{'app':'%1$s'}},
                   'spec':{'terminationGracePeriodSeconds':10,
                    'containers':[{'name':'c','image':'%5$s'}]}},
                  'volumeClaimTemplates':[{'metadata':{'name':'data'},
                   'spec':{'accessModes':['ReadWriteOnce'],
                    'resources':{'requests':{'storage':'1Mi'}}}}]}}
                """
                        .formatted(
                                name,
                                replicas(random),
                                random.nextBoolean() ? "Parallel" : "OrderedReady",
                                random.nextInt(4) == 0 ? 2 : 0,
                                image);
        world.tell("user creates " + name + " with image " + image);
        var made =
                world.api.create(
                        Types.STATEFUL_SETS,
                        World.NAMESPACE,
                        new Body.Tree(World.json(text)),
                        WRITE);
        world.asked.image(made.object().uid(), image);
        var service =
                """
                {'metadata':{'name':'%1$s'},'spec':{'clusterIP':'None','selector':{'app':'%1$s'},
                 'ports':[{'port':80}]}}
                """
                        .formatted(name);
        if (world.find(Types.SERVICES, name) != null) return;
        world.api.create(
                Types.SERVICES, World.NAMESPACE, new Body.Tree(World.json(service)), WRITE);
    }

    private void patch(Stored set, String patch, Object value) {
        var text = patch.formatted(value);
        world.tell("user patches " + set.name() + " " + text);
        send(Types.STATEFUL_SETS, set.name(), Api.Patch.MERGE, text);
    }

    private void send(GroupVersionResource type, String name, String mediaType, String text) {
        var bytes = text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        world.api.patch(type, World.NAMESPACE, name, null, new Api.Patch(mediaType, bytes), WRITE);
    }

    private void image(Stored set, String image) {
        world.asked.image(set.uid(), image);
        world.tell("user gives " + set.name() + " image " + image);
        send(
                Types.STATEFUL_SETS,
                set.name(),
                Api.Patch.STRATEGIC,
                "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s'}]}}}}"
                        .formatted(image));
    }

    private void strategy(Stored set, String type, Random random) {
        var unavailable =
                world.rules.countsUnavailable()
                        ? ",'maxUnavailable':" + (1 + random.nextInt(2))
                        : "";
        var rolling =
                type.equals("OnDelete")
                        ? "null"
                        : "{'partition':%d%s}".formatted(random.nextInt(4), unavailable);
        patch(
                set,
                "{'spec':{'updateStrategy':%s}}",
                "{'type':'%s','rollingUpdate':%s}".formatted(type, rolling));
    }

    private void retention(Stored set, Random random) {
        patch(
                set,
                "{'spec':{'persistentVolumeClaimRetentionPolicy':%s}}",
                "{'whenDeleted':'%s','whenScaled':'%s'}"
                        .formatted(
                                random.nextBoolean() ? "Delete" : "Retain",
                                random.nextBoolean() ? "Delete" : "Retain"));
    }

    private void deleteSet(Stored set, Random random) {
        var propagation = PROPAGATIONS.get(random.nextInt(PROPAGATIONS.size()));
        world.tell("user deletes " + set.name() + " " + propagation);
        world.api.delete(
                Types.STATEFUL_SETS,
                World.NAMESPACE,
                set.name(),
                new DeleteOptions(null, propagation, null, null, null, false));
    }

    private void deletePod(Random random, boolean force) {
        var pods = world.all(Types.PODS);
        if (pods.isEmpty()) return;
        var pod = pods.get(random.nextInt(pods.size()));
        world.tell("user deletes " + pod.name() + (force ? " by force" : ""));
        if (force) world.asked.forced(pod.uid());
        var grace = force ? Long.valueOf(0) : null;
        world.api.delete(
                Types.PODS,
                World.NAMESPACE,
                pod.name(),
                new DeleteOptions(grace, "", null, null, null, false));
    }

    private void deleteClaim(Random random) {
        var claims = world.all(Types.CLAIMS);
        if (claims.isEmpty()) return;
        var claim = claims.get(random.nextInt(claims.size()));
        world.tell("user deletes claim " + claim.name());
        world.api.delete(Types.CLAIMS, World.NAMESPACE, claim.name(), DeleteOptions.DEFAULT);
    }

    /// A pod loses its owner, as one left by an orphaning deletion: its set has to adopt it.
    private void disown(Random random) {
        var pods = world.all(Types.PODS);
        if (pods.isEmpty()) return;
        var pod = pods.get(random.nextInt(pods.size()));
        world.tell("user disowns " + pod.name());
        send(Types.PODS, pod.name(), Api.Patch.MERGE, "{'metadata':{'ownerReferences':null}}");
    }

    /// Does what upstream leaves to people: a good image instead of a bad one, and the deletion of
    /// pods that block the way. Where the set recovers by itself, the second is not done.
    ///
    /// @return whether there was anything to repair
    boolean repair() {
        boolean repaired = false;
        for (var set : world.all(Types.STATEFUL_SETS)) {
            var image = World.image(set.tree().at("/spec/template"));
            boolean bad = image.endsWith("bad");
            if (bad) image(set, "i:good");
            boolean held =
                    set.tree().at("/spec/updateStrategy/rollingUpdate/partition").asInt() > 0;
            if (held) strategyWithoutPartition(set);
            repaired |= bad || held;
        }
        for (var pod : world.all(Types.PODS)) {
            if (World.terminating(pod.tree())) continue;
            boolean blocks = SimulatedNode.hopeless(pod) && !recoversAlone(pod);
            if (!blocks && !leftBehind(pod) && !stranded(pod)) continue;
            repaired = true;
            world.tell("user deletes " + pod.name() + ", which stands in the way");
            try {
                world.api.delete(
                        Types.PODS, World.NAMESPACE, pod.name(), DeleteOptions.uid(pod.uid()));
            } catch (ApiException refused) {
                if (refused.code() != 404) throw refused;
            }
        }
        return repaired;
    }

    /// A pod that was disowned and whose set is gone or waits for what it still uses.
    private boolean leftBehind(Stored pod) {
        if (pod.tree().path("metadata").has("ownerReferences")) return false;
        var set = world.find(Types.STATEFUL_SETS, pod.tree().at("/metadata/labels/app").asText());
        return set == null || World.terminating(set.tree());
    }

    /// A pod that nobody wants and that waits for a claim that is gone: an ordered set that shrinks
    /// waits for the lowest of its pods to become Ready, as upstream's does.
    private boolean stranded(Stored pod) {
        if (!pod.tree().at("/spec/nodeName").isMissingNode()) return false;
        for (var volume : pod.tree().at("/spec/volumes")) {
            var claim = volume.at("/persistentVolumeClaim/claimName").asText();
            if (!claim.isEmpty() && world.find(Types.CLAIMS, claim) == null) return true;
        }
        return false;
    }

    private void strategyWithoutPartition(Stored set) {
        patch(set, "{'spec':{'updateStrategy':{'rollingUpdate':{'partition':%d}}}}", 0);
    }

    private boolean recoversAlone(Stored pod) {
        var owner = pod.tree().at("/metadata/ownerReferences/0/name").asText();
        if (owner.isEmpty()) return false;
        var set = world.find(Types.STATEFUL_SETS, owner);
        if (set == null) return false;
        boolean asks =
                set.tree()
                        .at("/metadata/annotations/ordinal.dev~1rollout-recovery")
                        .asText()
                        .equals("DeleteUnready");
        boolean rolls = set.tree().at("/spec/updateStrategy/type").asText().equals("RollingUpdate");
        return asks && rolls;
    }
}
