package dev.ordinal.kinds.statefulset;

import com.fasterxml.jackson.databind.JsonNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Status;
import dev.ordinal.api.Stored;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.Intercepted;
import dev.ordinal.kinds.TestCluster;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// The set `web` with its controller in a cluster of virtual time. Its pods are named by their
/// ordinals.
final class Web implements AutoCloseable {
    static final String PARALLEL = "'podManagementPolicy':'Parallel'";
    static final String CLAIMS =
            "'volumeClaimTemplates':[{'metadata':{'name':'data'},'spec':{'accessModes':['ReadWriteOnce'],"
                + "'resources':{'requests':{'storage':'1Mi'}}}}]";

    final TestCluster cluster;
    private final Map<String, ApiException> refusals = new HashMap<>();

    Web() {
        this(FeatureGates.DEFAULT);
    }

    Web(FeatureGates gates) {
        cluster = new TestCluster(1, gates);
        cluster.run(
                (api, informers) ->
                        new StatefulSetController(
                                refusing(api), informers, () -> cluster.now, gates));
    }

    /// From now on the controller is refused this, e.g. `create pods`.
    Web refuse(String what, String message) {
        refusals.put(what, new ApiException(new Status(403, "Forbidden", message, null)));
        return this;
    }

    Web allow() {
        refusals.clear();
        return this;
    }

    private Api refusing(Api api) {
        return Intercepted.api(
                api,
                call -> {
                    var refusal = refusals.get(call);
                    if (refusal != null) throw refusal;
                });
    }

    static String retention(String whenDeleted, String whenScaled) {
        return "'persistentVolumeClaimRetentionPolicy':{'whenDeleted':'%s','whenScaled':'%s'}"
                .formatted(whenDeleted, whenScaled);
    }

    static String json(int replicas, String... more) {
        return """
        {'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'web'},
         'spec':{'replicas':%d,'serviceName':'web','selector':{'matchLabels':{'app':'web'}},
           'template':{'metadata':{'labels':{'app':'web'}},
             'spec':{'terminationGracePeriodSeconds':10,
                     'containers':[{'name':'c','image':'i:1'}]}}%s}}
        """
                .formatted(replicas, more.length == 0 ? "" : "," + String.join(",", more));
    }

    /// @param more members of the spec
    Web create(int replicas, String... more) throws InterruptedException {
        cluster.create(Types.STATEFUL_SETS, "default", json(replicas, more));
        return settle();
    }

    /// Creates it and lets every pod become ready.
    Web running(int replicas, String... more) throws InterruptedException {
        create(replicas, more);
        for (int i = 0; i < replicas; i++) ready(i);
        return this;
    }

    /// Time passes, and what is due is done.
    Web later(long seconds) throws InterruptedException {
        cluster.now = cluster.now.plus(Duration.ofSeconds(seconds));
        return settle();
    }

    Web settle() throws InterruptedException {
        cluster.settle();
        return this;
    }

    /// A strategic merge patch.
    Web patch(String patch) throws InterruptedException {
        cluster.patch(Types.STATEFUL_SETS, "default", "web", null, patch);
        return settle();
    }

    Web scale(int replicas) throws InterruptedException {
        return patch("{'spec':{'replicas':%d}}".formatted(replicas));
    }

    Web image(String image) throws InterruptedException {
        return patch(
                "{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s'}]}}}}"
                        .formatted(image));
    }

    /// The node reports the pod Running and Ready.
    Web ready(int ordinal) throws InterruptedException {
        cluster.ready("web-" + ordinal);
        return settle();
    }

    Web phase(int ordinal, String phase) throws InterruptedException {
        cluster.patch(
                Types.PODS,
                "default",
                "web-" + ordinal,
                "status",
                "{'status':{'phase':'%s','conditions':[{'type':'Ready','status':'False'}]}}"
                        .formatted(phase));
        return settle();
    }

    /// A user deletes the pod.
    Web delete(int ordinal) throws InterruptedException {
        cluster.api.delete(Types.PODS, "default", "web-" + ordinal, Api.DeleteOptions.DEFAULT);
        return settle();
    }

    /// The pod has stopped and its object goes.
    Web gone(int ordinal) throws InterruptedException {
        cluster.stopped("web-" + ordinal);
        return settle();
    }

    JsonNode get(GroupVersionResource type, String name) {
        return cluster.api.get(type, "default", name).tree();
    }

    List<Stored> all(GroupVersionResource type) {
        return cluster.api.list(type, "default", Api.ListOptions.ALL).items();
    }

    JsonNode set() {
        return get(Types.STATEFUL_SETS, "web");
    }

    JsonNode pod(int ordinal) {
        return get(Types.PODS, "web-" + ordinal);
    }

    String image(int ordinal) {
        return pod(ordinal).at("/spec/containers/0/image").asText();
    }

    /// Names of the pods; those that terminate are in brackets.
    List<String> pods() {
        return all(Types.PODS).stream()
                .map(
                        pod ->
                                pod.tree().path("metadata").has("deletionTimestamp")
                                        ? "(" + pod.name() + ")"
                                        : pod.name())
                .toList();
    }

    /// replicas/ready/available/current/updated
    String counters() {
        var status = set().path("status");
        var texts = new ArrayList<String>();
        for (var counter :
                List.of(
                        "replicas",
                        "readyReplicas",
                        "availableReplicas",
                        "currentReplicas",
                        "updatedReplicas")) {
            texts.add(status.path(counter).asText("0"));
        }
        return String.join("/", texts);
    }

    String currentRevision() {
        return set().at("/status/currentRevision").asText();
    }

    String updateRevision() {
        return set().at("/status/updateRevision").asText();
    }

    /// The number of a ControllerRevision.
    int number(String revision) {
        return get(Types.CONTROLLER_REVISIONS, revision).path("revision").asInt();
    }

    /// Names of the ControllerRevisions, oldest first.
    List<String> revisions() {
        return all(Types.CONTROLLER_REVISIONS).stream()
                .sorted(Comparator.comparingInt(r -> r.tree().path("revision").asInt()))
                .map(Stored::name)
                .toList();
    }

    /// Kinds and names of the owners of an object.
    List<String> owners(GroupVersionResource type, String name) {
        List<String> owners = new ArrayList<>();
        for (var owner : get(type, name).at("/metadata/ownerReferences")) {
            owners.add(owner.path("kind").asText() + "/" + owner.path("name").asText());
        }
        return owners;
    }

    /// All events about the set so far, `Type Reason: message`, oldest first; each once.
    List<String> events() {
        return all(Types.EVENTS).stream()
                .sorted(Comparator.comparing(event -> event.name().replaceAll(".*\\.", "")))
                .map(Stored::tree)
                .filter(e -> e.at("/involvedObject/kind").asText().equals("StatefulSet"))
                .map(
                        e ->
                                "%s %s: %s"
                                        .formatted(
                                                e.path("type").asText(),
                                                e.path("reason").asText(),
                                                e.path("message").asText()))
                .toList();
    }

    @Override
    public void close() {
        cluster.close();
    }
}
