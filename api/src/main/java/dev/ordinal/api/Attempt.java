package dev.ordinal.api;

import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.access.User;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/// One try at a write, as admissions see it.
final class Attempt implements Admission.Write {
    private final Api api;
    private final Admission.Operation operation;
    private final Kind kind;
    private final @Nullable String subresource;
    private final String namespace;
    private final String name;
    private final ObjectNode object;
    private final @Nullable ObjectNode old;
    private final WriteOptions options;
    private final List<Runnable> whenCommitted = new ArrayList<>();
    private final List<Runnable> whenRefused = new ArrayList<>();

    Attempt(
            Api api,
            Admission.Operation operation,
            Kind kind,
            @Nullable String subresource,
            String namespace,
            String name,
            ObjectNode object,
            @Nullable ObjectNode old,
            WriteOptions options) {
        this.api = api;
        this.operation = operation;
        this.kind = kind;
        this.subresource = subresource;
        this.namespace = namespace;
        this.name = name;
        this.object = object;
        this.old = old;
        this.options = options;
    }

    void admit(List<Admission> admissions) {
        admissions.forEach(admission -> admission.admit(this));
    }

    void end(boolean committed) {
        (committed ? whenCommitted : whenRefused).forEach(Runnable::run);
    }

    @Override
    public Admission.Operation operation() {
        return operation;
    }

    @Override
    public Kind kind() {
        return kind;
    }

    @Override
    public @Nullable String subresource() {
        return subresource;
    }

    @Override
    public String namespace() {
        return namespace;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public ObjectNode object() {
        return object;
    }

    @Override
    public @Nullable ObjectNode old() {
        return old;
    }

    @Override
    public boolean dryRun() {
        return options.dryRun();
    }

    @Override
    public User user() {
        return options.user();
    }

    @Override
    public Api api() {
        return api;
    }

    @Override
    public void onCommitted(Runnable action) {
        whenCommitted.add(action);
    }

    @Override
    public void onRefused(Runnable action) {
        whenRefused.add(action);
    }
}
