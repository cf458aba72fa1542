package dev.ordinal.cluster;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.ordinal.api.Api;
import dev.ordinal.api.Api.WriteOptions;
import dev.ordinal.api.ApiException;
import dev.ordinal.api.GroupVersionResource;
import dev.ordinal.control.Types;
import dev.ordinal.kinds.priorityclass.PriorityClasses;

import org.jspecify.annotations.Nullable;

import java.util.List;

/// What every cluster has from its first moment. Objects that exist are left alone.
final class Bootstrap {
    private static final List<String> NAMESPACES =
            List.of("default", "kube-node-lease", "kube-public", "kube-system");

    private final Api api;

    Bootstrap(Api api) {
        this.api = api;
    }

    /// @param apiAddress the cluster address of the Service `kubernetes`
    /// @param dnsAddress the one of the Service `kube-dns`, which the node itself answers on
    void run(String apiAddress, String dnsAddress) {
        for (var name : NAMESPACES) {
            make(Types.NAMESPACES, null, named(name));
        }
        PriorityClasses.SYSTEM.forEach(
                (name, value) ->
                        make(
                                PriorityClasses.KIND.type(),
                                null,
                                named(name)
                                        .put("value", value)
                                        .put(
                                                "description",
                                                "For pods that the cluster itself needs.")));
        var standard = named("standard");
        ((ObjectNode) standard.path("metadata"))
                .putObject("annotations")
                .put("storageclass.kubernetes.io/is-default-class", "true");
        standard.put("provisioner", "ordinal.dev/local");
        make(Types.STORAGE_CLASSES, null, standard);
        var kubernetes = named("kubernetes");
        ((ObjectNode) kubernetes.path("metadata"))
                .putObject("labels")
                .put("component", "apiserver")
                .put("provider", "kubernetes");
        var spec = kubernetes.putObject("spec").put("clusterIP", apiAddress);
        spec.putArray("ports")
                .addObject()
                .put("name", "https")
                .put("port", 443)
                .put("targetPort", 6443);
        make(Types.SERVICES, "default", kubernetes);
        make(Types.SERVICES, "kube-system", dns(dnsAddress));
    }

    private static ObjectNode dns(String address) {
        var service = named("kube-dns");
        ((ObjectNode) service.path("metadata"))
                .putObject("labels")
                .put("k8s-app", "kube-dns")
                .put("kubernetes.io/cluster-service", "true")
                .put("kubernetes.io/name", "CoreDNS")
                .put("service.kubernetes.io/service-proxy-name", "ordinal-dns");
        var ports = service.putObject("spec").put("clusterIP", address).putArray("ports");
        ports.addObject().put("name", "dns").put("port", 53).put("protocol", "UDP");
        ports.addObject().put("name", "dns-tcp").put("port", 53).put("protocol", "TCP");
        return service;
    }

    private static ObjectNode named(String name) {
        var object = JsonNodeFactory.instance.objectNode();
        object.putObject("metadata").put("name", name);
        return object;
    }

    private void make(GroupVersionResource type, @Nullable String namespace, ObjectNode object) {
        try {
            api.create(
                    type, namespace, new Api.Body.Tree(object), WriteOptions.by("kube-apiserver"));
        } catch (ApiException refused) {
            boolean there =
                    refused.is("AlreadyExists")
                            || refused.status().message().contains("already allocated");
            if (!there) throw refused;
        }
    }
}
