package dev.ordinal.kinds.statefulset;

import dev.ordinal.control.Typed;
import dev.ordinal.kinds.TestCluster;
import dev.ordinal.kinds.statefulset.Plan.Action;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// An observation of the set `web` in a few words.
///
/// Pods are written as `0 ready`, `2 pending r2`, `1 ready terminating`: the ordinal (or a whole
/// name), then a phase (`pending`, `running`, `ready`, `failed`, `succeeded`, or `unknown`, which
/// is Ready but not Running), then a revision (`r1` unless given), `terminating`, `ready-for-5s`,
/// `misnamed` (a wrong name label) or `unmounted` (without its claim). The current revision is r1,
/// the update revision r2 unless told otherwise.
final class Given {
    static final Instant NOW = Instant.parse("2026-01-02T03:04:05Z");

    private final StatefulSet set;
    private final List<Pod> pods = new ArrayList<>();
    private final Map<String, PersistentVolumeClaim> claims = new TreeMap<>();
    private String current = "r1";
    private String update = "r2";
    private boolean countsUnavailable;

    private Given(StatefulSet set) {
        this.set = set;
    }

    /// An ordered set with a rollingUpdate block and no claims.
    ///
    /// @param more members of its spec, as JSON with single quotes
    static Given set(int replicas, String... more) {
        return of(replicas, "", more);
    }

    /// The same with the claim template `data`.
    static Given setWithClaims(int replicas, String... more) {
        return of(replicas, ",'volumeClaimTemplates':[{'metadata':{'name':'data'}}]", more);
    }

    private static Given of(int replicas, String templates, String... more) {
        var extra = new StringBuilder(templates);
        for (var member : more) extra.append(",").append(member);
        boolean strategy = extra.indexOf("updateStrategy") >= 0;
        if (!strategy) {
            extra.append(",'updateStrategy':{'type':'RollingUpdate','rollingUpdate':{}}");
        }
        return new Given(
                Typed.read(
                        TestCluster.json(
                                """
                                {'apiVersion':'apps/v1','kind':'StatefulSet',
                                 'metadata':{'name':'web','namespace':'default','uid':'set-uid'},
                                 'spec':{'replicas':%d,'selector':{'matchLabels':{'app':'web'}}%s}}
                                """
                                        .formatted(replicas, extra)),
                        StatefulSet.class));
    }

    Given storedCurrentReplicas(int replicas) {
        set.setStatus(new io.fabric8.kubernetes.api.model.apps.StatefulSetStatus());
        set.getStatus().setCurrentReplicas(replicas);
        return this;
    }

    Given deleting() {
        set.getMetadata().setDeletionTimestamp(NOW.toString());
        return this;
    }

    Given revisions(String current, String update) {
        this.current = current;
        this.update = update;
        return this;
    }

    /// The gate MaxUnavailableStatefulSet is on.
    Given countingUnavailable() {
        countsUnavailable = true;
        return this;
    }

    Given pods(String... written) {
        for (var text : written) pods.add(pod(text));
        return this;
    }

    /// A claim of that ordinal.
    ///
    /// @param owners `set`, `pod`, `old-set`, `old-pod`, `weak-set`, `weak-pod`, `other`, `friend`
    Given claim(int ordinal, String... owners) {
        var name = "data-web-" + ordinal;
        claims.put(name, claim(name, ordinal, owners));
        return this;
    }

    Given deletedClaim(int ordinal) {
        claim(ordinal);
        claims.get("data-web-" + ordinal).getMetadata().setDeletionTimestamp(NOW.toString());
        return this;
    }

    StatefulSet set() {
        return set;
    }

    Observation observation() {
        return new Observation(set, pods, claims, current, update, 0, countsUnavailable, NOW);
    }

    Plan plan() {
        return Plan.of(observation());
    }

    /// The planned actions, one a line, e.g. `delete web-1`.
    List<String> actions() {
        return plan().actions().stream().map(Given::text).toList();
    }

    /// replicas/ready/available/current/updated and the revision that counts as current.
    String status() {
        var status = plan().status();
        return "%d/%d/%d/%d/%d %s"
                .formatted(
                        status.replicas(),
                        status.ready(),
                        status.available(),
                        status.current(),
                        status.updated(),
                        status.currentRevision());
    }

    private static String text(Action action) {
        return switch (action) {
            case Action.CreatePod(var ordinal, var revision, _) ->
                    "create web-" + ordinal + " " + revision;
            case Action.CreateClaims(var pod, _) -> "claims of " + name(pod);
            case Action.DeletePod(var pod, var update, _) ->
                    (update ? "update " : "delete ") + name(pod);
            case Action.RecoverPod(var pod, var wanted, _) -> "recover " + name(pod) + " " + wanted;
            case Action.RepairPod(var pod, _) -> "repair " + name(pod);
            case Action.OwnClaim(var claim, _, var owners, _) ->
                    "own " + claim + " " + owners.stream().map(Given::text).toList();
            case Action.WarnOfConflict(var claim, _) -> "warn of " + claim;
        };
    }

    static String text(OwnerReference owner) {
        return owner.getUid();
    }

    private static String name(Pod pod) {
        return pod.getMetadata().getName();
    }

    static Pod pod(String text) {
        var words = List.of(text.split(" "));
        var name = words.getFirst().matches("\\d+") ? "web-" + words.getFirst() : words.getFirst();
        var revision = "r1";
        var phase = "Running";
        Instant readySince = null;
        boolean terminating = false;
        boolean misnamed = false;
        boolean unmounted = false;
        for (var word : words.subList(1, words.size())) {
            switch (word) {
                case "pending" -> phase = "Pending";
                case "running" -> phase = "Running";
                case "failed" -> phase = "Failed";
                case "succeeded" -> phase = "Succeeded";
                case "unknown" -> {
                    phase = "Unknown";
                    readySince = Instant.EPOCH;
                }
                case "ready" -> readySince = Instant.EPOCH;
                case "terminating" -> terminating = true;
                case "misnamed" -> misnamed = true;
                case "unmounted" -> unmounted = true;
                default -> {
                    if (word.startsWith("ready-for-")) {
                        var seconds = word.replaceAll("\\D", "");
                        readySince = NOW.minusSeconds(Long.parseLong(seconds));
                    } else revision = word;
                }
            }
        }
        var conditions =
                readySince == null
                        ? "[]"
                        : "[{'type':'Ready','status':'True','lastTransitionTime':'%s'}]"
                                .formatted(readySince);
        var volumes =
                "[{'name':'data','persistentVolumeClaim':{'claimName':'data-%s'}}]".formatted(name);
        return Typed.read(
                TestCluster.json(
                        """
                        {'apiVersion':'v1','kind':'Pod',
                         'metadata':{'name':'%s','namespace':'default','uid':'%s-uid'%s,
                           'labels':{'app':'web','statefulset.kubernetes.io/pod-name':'%s',
                             'controller-revision-hash':'%s'}},
                         'spec':{'volumes':%s},
                         'status':{'phase':'%s','conditions':%s}}
                        """
                                .formatted(
                                        name,
                                        name,
                                        terminating
                                                ? ",'deletionTimestamp':'%s'".formatted(NOW)
                                                : "",
                                        misnamed ? "other" : name,
                                        revision,
                                        unmounted ? "[]" : volumes,
                                        phase,
                                        conditions)),
                Pod.class);
    }

    static PersistentVolumeClaim claim(String name, int ordinal, String... owners) {
        var claim =
                Typed.read(
                        TestCluster.json(
                                "{'metadata':{'name':'%s','namespace':'default'},'spec':{}}"
                                        .formatted(name)),
                        PersistentVolumeClaim.class);
        List<OwnerReference> references = new ArrayList<>();
        for (var owner : owners) references.add(owner(owner, ordinal));
        claim.getMetadata().setOwnerReferences(references);
        return claim;
    }

    private static OwnerReference owner(String word, int ordinal) {
        var pod = "web-" + ordinal;
        return switch (word) {
            case "set" -> owner("apps/v1", "StatefulSet", "web", "set-uid", true);
            case "weak-set" -> owner("apps/v1", "StatefulSet", "web", "set-uid", false);
            case "old-set" -> owner("apps/v1", "StatefulSet", "web", "old-set-uid", true);
            case "pod" -> owner("v1", "Pod", pod, pod + "-uid", true);
            case "weak-pod" -> owner("v1", "Pod", pod, pod + "-uid", false);
            case "old-pod" -> owner("v1", "Pod", pod, "old-pod-uid", true);
            case "other" -> owner("example.org/v1", "Keeper", "k", "other-uid", true);
            case "friend" -> owner("v1", "ConfigMap", "f", "friend-uid", false);
            default -> throw new IllegalArgumentException(word);
        };
    }

    private static OwnerReference owner(
            String apiVersion, String kind, String name, String uid, boolean controller) {
        return new OwnerReference(apiVersion, controller, controller, kind, name, uid);
    }
}
