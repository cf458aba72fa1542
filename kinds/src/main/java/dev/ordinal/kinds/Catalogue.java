package dev.ordinal.kinds;

import dev.ordinal.api.Admission;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.api.Kind;
import dev.ordinal.api.NamespaceLifecycle;
import dev.ordinal.kinds.configmap.ConfigMaps;
import dev.ordinal.kinds.controllerrevision.ControllerRevisions;
import dev.ordinal.kinds.customresourcedefinition.CustomKinds;
import dev.ordinal.kinds.customresourcedefinition.CustomResourceDefinitions;
import dev.ordinal.kinds.endpointslice.EndpointSlices;
import dev.ordinal.kinds.event.Events;
import dev.ordinal.kinds.event.NewEvents;
import dev.ordinal.kinds.lease.Leases;
import dev.ordinal.kinds.namespace.Namespaces;
import dev.ordinal.kinds.node.Nodes;
import dev.ordinal.kinds.persistentvolume.PersistentVolumes;
import dev.ordinal.kinds.persistentvolumeclaim.Claims;
import dev.ordinal.kinds.persistentvolumeclaim.StorageProtection;
import dev.ordinal.kinds.pod.PodAdmission;
import dev.ordinal.kinds.pod.Pods;
import dev.ordinal.kinds.priorityclass.Priority;
import dev.ordinal.kinds.priorityclass.PriorityClasses;
import dev.ordinal.kinds.rbac.RoleKinds;
import dev.ordinal.kinds.review.AccessReviews;
import dev.ordinal.kinds.review.IdentityReviews;
import dev.ordinal.kinds.secret.Secrets;
import dev.ordinal.kinds.service.ServiceAddresses;
import dev.ordinal.kinds.service.Services;
import dev.ordinal.kinds.serviceaccount.ServiceAccounts;
import dev.ordinal.kinds.statefulset.StatefulSets;
import dev.ordinal.kinds.storageclass.DefaultStorageClass;
import dev.ordinal.kinds.storageclass.StorageClasses;

import java.util.ArrayList;
import java.util.List;

/// All kinds that are served, one line each, in discovery order.
public final class Catalogue {
    private Catalogue() {}

    /// The kinds of a cluster with these gates.
    ///
    /// @param access answers questions about users and what they may do
    public static List<Kind> kinds(FeatureGates gates, Access access) {
        List<Kind> kinds = new ArrayList<>(stored(gates, access));
        kinds.addAll(IdentityReviews.kinds(access.tokens()));
        kinds.addAll(AccessReviews.kinds(access.roles()));
        return List.copyOf(kinds);
    }

    private static List<Kind> stored(FeatureGates gates, Access access) {
        return List.of(
                ConfigMaps.KIND,
                Events.KIND,
                Namespaces.KIND,
                Nodes.KIND,
                Claims.KIND,
                PersistentVolumes.KIND,
                Pods.KIND,
                Secrets.KIND,
                ServiceAccounts.kind(access.tokens()),
                Services.KIND,
                ControllerRevisions.KIND,
                StatefulSets.kind(gates),
                NewEvents.KIND,
                PriorityClasses.KIND,
                Leases.KIND,
                RoleKinds.CLUSTER_ROLE_BINDINGS,
                RoleKinds.CLUSTER_ROLES,
                RoleKinds.ROLE_BINDINGS,
                RoleKinds.ROLES,
                StorageClasses.KIND,
                CustomResourceDefinitions.KIND,
                EndpointSlices.KIND);
    }

    /// The admissions of one cluster, in the order they see a write.
    public static List<Admission> admissions(
            ServiceAddresses addresses, CustomKinds customKinds, Access access) {
        return List.of(
                new NamespaceLifecycle(),
                new Priority(),
                new PodAdmission(),
                new DefaultStorageClass(),
                new StorageProtection(),
                addresses,
                customKinds,
                access.roles());
    }
}
