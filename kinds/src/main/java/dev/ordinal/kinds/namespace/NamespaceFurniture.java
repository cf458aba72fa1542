package dev.ordinal.kinds.namespace;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Controller;
import dev.ordinal.control.Informer;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Key;
import dev.ordinal.control.Types;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ServiceAccount;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/// Puts into every namespace what belongs there: the ServiceAccount `default` and the ConfigMap
/// with the
/// cluster's CA.
public final class NamespaceFurniture implements Controller {
    private static final WriteOptions WRITE = WriteOptions.by("kube-controller-manager");
    private static final String ACCOUNT = "default";
    private static final String CA = "kube-root-ca.crt";

    private final Api api;
    private final Informer<Namespace> namespaces;
    private final Informer<ServiceAccount> accounts;
    private final Informer<ConfigMap> configMaps;
    private final String authority;

    /// @param authority the CA's certificate as PEM
    public NamespaceFurniture(Api api, Informers informers, String authority) {
        this.api = api;
        this.authority = authority;
        namespaces = informers.of(Types.NAMESPACES, Namespace.class);
        accounts = informers.of(Types.SERVICE_ACCOUNTS, ServiceAccount.class);
        configMaps = informers.of(Types.CONFIG_MAPS, ConfigMap.class);
    }

    @Override
    public String name() {
        return "serviceaccount";
    }

    @Override
    public void watch(Consumer<Key> again) {
        namespaces.listen(
                change -> again.accept(new Key("", change.latest().getMetadata().getName())));
        accounts.listen(
                change -> {
                    var account = change.latest().getMetadata();
                    if (change.gone() && account.getName().equals(ACCOUNT)) {
                        again.accept(new Key("", account.getNamespace()));
                    }
                });
        configMaps.listen(
                change -> {
                    var map = change.latest().getMetadata();
                    if (map.getName().equals(CA)) again.accept(new Key("", map.getNamespace()));
                });
    }

    @Override
    public Optional<Duration> reconcile(Key key) {
        var namespace = namespaces.get(key);
        if (namespace == null || namespace.getMetadata().getDeletionTimestamp() != null) {
            return Optional.empty();
        }
        var map = configMaps.get(key.name(), CA);
        if (map == null) {
            make(Types.CONFIG_MAPS, key.name(), certificate());
        } else if (map.getData() == null || !authority.equals(map.getData().get("ca.crt"))) {
            var copy = api.get(Types.CONFIG_MAPS, key.name(), CA).copy();
            copy.putObject("data").put("ca.crt", authority);
            api.update(Types.CONFIG_MAPS, key.name(), CA, null, new Api.Body.Tree(copy), WRITE);
        }
        // Pods come when the account is there, and show the certificate.
        if (accounts.get(key.name(), ACCOUNT) == null) {
            make(Types.SERVICE_ACCOUNTS, key.name(), named(ACCOUNT));
        }
        return Optional.empty();
    }

    private static ObjectNode named(String name) {
        var object = JsonNodeFactory.instance.objectNode();
        object.putObject("metadata").put("name", name);
        return object;
    }

    private ObjectNode certificate() {
        var map = named(CA);
        ((ObjectNode) map.path("metadata"))
                .putObject("annotations")
                .put(
                        "kubernetes.io/description",
                        "Contains a CA bundle that can be used to verify the kube-apiserver when"
                                + " using internal endpoints such as the internal service IP or"
                                + " kubernetes.default.svc. No other usage is guaranteed across"
                                + " distributions of Kubernetes clusters.");
        map.putObject("data").put("ca.crt", authority);
        return map;
    }

    private void make(GroupVersionResource type, String namespace, ObjectNode object) {
        try {
            api.create(type, namespace, new Api.Body.Tree(object), WRITE);
        } catch (ApiException refused) {
            if (!refused.is("AlreadyExists")) throw refused;
        }
    }
}
