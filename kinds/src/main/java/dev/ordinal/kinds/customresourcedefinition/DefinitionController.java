package dev.ordinal.kinds.customresourcedefinition;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.DeleteOptions;
import dev.ordinal.api.Api.ListOptions;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.api.Kind;
import dev.ordinal.api.Stored;
import dev.ordinal.api.Trees;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.kinds.customresourcedefinition.Conditions.Condition;

import io.fabric8.kubernetes.api.model.PartialObjectMetadata;

import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/// Accepts the names of definitions, establishes them, and empties those that are being deleted.
///
/// The kinds are served as soon as the names are accepted, which is a write before the one that
/// says Established: whoever reads that can use them.
///
/// @see "upstream: apiextensions-apiserver/pkg/controller: status, establish, finalizer"
public final class DefinitionController implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-apiserver");
    private static final GroupVersionResource TYPE = CustomResourceDefinitions.KIND.type();

    private final Api api;
    private final CustomKinds kinds;
    private final InstantSource clock;
    private final Informer<PartialObjectMetadata> definitions;

    public DefinitionController(
            Api api, Informers informers, CustomKinds kinds, InstantSource clock) {
        this.api = api;
        this.kinds = kinds;
        this.clock = clock;
        definitions = informers.of(TYPE, PartialObjectMetadata.class);
    }

    @Override
    public String name() {
        return "customresourcedefinition";
    }

    /// A name that one definition gives up is free for the others.
    @Override
    public void watch(Consumer<Key> again) {
        definitions.listen(
                _ -> definitions.all().forEach(definition -> again.accept(Key.of(definition))));
        kinds.whenObjectsGo(name -> again.accept(new Key("", name)));
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var all = api.list(TYPE, null, ListOptions.ALL).items();
        var found = all.stream().filter(crd -> crd.name().equals(key.name())).findFirst();
        if (found.isEmpty()) return Optional.empty();
        var crd = found.get();
        try {
            if (crd.tree().at("/metadata/deletionTimestamp").isMissingNode()) establish(crd, all);
            else if (isHeld(crd.tree())) empty(crd);
        } catch (ApiException refused) {
            // Deleted or changed meanwhile: that change asks for another look.
            if (!refused.is("Conflict") && refused.code() != 404) throw refused;
        }
        return Optional.empty();
    }

    private void establish(Stored crd, List<Stored> all) {
        var latest = crd;
        if (!Trees.same(crd.tree().at("/spec/names"), crd.tree().at("/status/acceptedNames"))) {
            var others =
                    all.stream()
                            .filter(other -> !other.name().equals(crd.name()))
                            .map(Stored::tree)
                            .toList();
            latest = accept(crd, NamesPlan.of(crd.tree(), others));
        }
        boolean accepted = Conditions.isTrue(latest.tree(), Conditions.NAMES_ACCEPTED);
        if (!accepted || Conditions.isTrue(latest.tree(), Conditions.ESTABLISHED)) return;
        var copy = latest.copy();
        set(
                copy,
                Conditions.ESTABLISHED,
                true,
                "InitialNamesAccepted",
                "the initial names have been accepted");
        write(copy);
    }

    private Stored accept(Stored crd, NamesPlan plan) {
        var copy = crd.copy();
        copy.withObjectProperty("status").set("acceptedNames", plan.names());
        Conditions.set(copy, plan.accepted(), now());
        boolean established = Conditions.isTrue(copy, Conditions.ESTABLISHED);
        if (!established && plan.accepted().status()) {
            set(
                    copy,
                    Conditions.ESTABLISHED,
                    false,
                    "Installing",
                    "the initial names have been accepted");
        } else if (Conditions.find(copy, Conditions.ESTABLISHED) == null) {
            set(copy, Conditions.ESTABLISHED, false, "NotAccepted", "not all names are accepted");
        }
        return write(copy);
    }

    private static boolean isHeld(JsonNode crd) {
        for (var finalizer : crd.at("/metadata/finalizers")) {
            if (finalizer.asText().equals(CustomResourceDefinitions.CLEANUP)) return true;
        }
        return false;
    }

    /// Deletes the objects; the last of them to go asks for another look, which lets the definition
    /// go.
    private void empty(Stored crd) {
        var copy = crd.copy();
        if (!Conditions.isTrue(copy, Conditions.ESTABLISHED)) {
            set(copy, false, "NeverEstablished", "resource was never established");
            release(copy);
            return;
        }
        set(copy, true, "InstanceDeletionInProgress", "CustomResource deletion is in progress");
        var latest = write(copy).copy();
        var kind = kind(crd);
        if (kind != null && !deleteAll(kind)) return;
        set(latest, false, "InstanceDeletionCompleted", "removed all instances");
        release(latest);
    }

    private @Nullable Kind kind(Stored crd) {
        return api.collections().stream()
                .filter(kind -> kind.type().groupResource().equals(crd.name()))
                .findFirst()
                .orElse(null);
    }

    /// @return whether none is left
    private boolean deleteAll(Kind kind) {
        Set<String> namespaces = new TreeSet<>();
        for (var item : api.list(kind.type(), null, ListOptions.ALL).items()) {
            namespaces.add(item.namespace());
        }
        for (var namespace : namespaces) {
            api.deleteCollection(
                    kind.type(),
                    kind.namespaced() ? namespace : null,
                    DeleteOptions.DEFAULT,
                    ListOptions.ALL);
        }
        return api.list(kind.type(), null, ListOptions.ALL).items().isEmpty();
    }

    private void release(ObjectNode crd) {
        var kept = crd.arrayNode();
        for (var finalizer : crd.at("/metadata/finalizers")) {
            if (!finalizer.asText().equals(CustomResourceDefinitions.CLEANUP)) kept.add(finalizer);
        }
        crd.withObjectProperty("metadata").set("finalizers", kept);
        write(crd);
    }

    private void set(ObjectNode crd, boolean going, String reason, String message) {
        set(crd, Conditions.TERMINATING, going, reason, message);
    }

    private void set(ObjectNode crd, String type, boolean status, String reason, String message) {
        Conditions.set(crd, new Condition(type, status, reason, message), now());
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.SECONDS);
    }

    private Stored write(ObjectNode crd) {
        var name = crd.at("/metadata/name").asText();
        return api.update(TYPE, null, name, "status", new Api.Body.Tree(crd), WRITE).object();
    }
}
