package dev.ordinal.cluster;

import dev.ordinal.api.Api;
import dev.ordinal.api.FeatureGates;
import dev.ordinal.control.Controller;
import dev.ordinal.control.ControllerLoop;
import dev.ordinal.control.Informers;
import dev.ordinal.control.Lifetime;
import dev.ordinal.control.VolumeDisk;
import dev.ordinal.control.Writes;
import dev.ordinal.control.garbage.GarbageCollector;
import dev.ordinal.kinds.customresourcedefinition.CustomKinds;
import dev.ordinal.kinds.customresourcedefinition.DefinitionController;
import dev.ordinal.kinds.endpointslice.EndpointSliceController;
import dev.ordinal.kinds.namespace.NamespaceController;
import dev.ordinal.kinds.namespace.NamespaceFurniture;
import dev.ordinal.kinds.node.NodeTaints;
import dev.ordinal.kinds.node.TaintEviction;
import dev.ordinal.kinds.persistentvolume.VolumeController;
import dev.ordinal.kinds.persistentvolumeclaim.ClaimController;
import dev.ordinal.kinds.persistentvolumeclaim.ProtectionController;
import dev.ordinal.kinds.persistentvolumeclaim.Provisioner;
import dev.ordinal.kinds.rbac.AggregationController;
import dev.ordinal.kinds.rbac.RbacAuthorizer;
import dev.ordinal.kinds.scheduler.Scheduler;
import dev.ordinal.kinds.statefulset.StatefulSetController;

import java.time.InstantSource;
import java.util.List;

/// The controllers of one cluster with the caches they share.
///
/// @param all every controller, the garbage collector too
record Controllers(Informers informers, GarbageCollector garbage, List<Controller> all) {
    /// More than upstream's five: a worker mostly waits for the disk, and those that wait at the
    /// same time share one write.
    private static final int WORKERS = 32;

    /// @param customKinds of the same API
    /// @param roles of the same API
    /// @param node the name of the node
    /// @param authority the CA's certificate as PEM
    /// @param writes how independent writes are carried out
    static Controllers of(
            Api api,
            InstantSource clock,
            FeatureGates gates,
            CustomKinds customKinds,
            RbacAuthorizer roles,
            VolumeDisk disk,
            String node,
            String authority,
            Writes writes) {
        var informers = new Informers(api);
        var garbage = new GarbageCollector(api, clock);
        return new Controllers(
                informers,
                garbage,
                List.of(
                        new StatefulSetController(api, informers, clock, gates, writes),
                        new ClaimController(api, informers, clock),
                        new Provisioner(api, informers, clock, disk, node),
                        new VolumeController(api, informers, clock),
                        new ProtectionController(api, informers),
                        new EndpointSliceController(api, informers),
                        new NamespaceController(api, informers, clock),
                        new NamespaceFurniture(api, informers, authority),
                        new DefinitionController(api, informers, customKinds, clock),
                        new AggregationController(api, roles),
                        new NodeTaints(api, informers, clock),
                        new TaintEviction(api, informers, clock),
                        new Scheduler(api, informers, clock),
                        garbage));
    }

    /// Those of them that are to run here.
    Controllers chosen(ControllerChoice choice) {
        return new Controllers(informers, garbage, all.stream().filter(choice::runs).toList());
    }

    /// Fills the caches, then keeps them current and runs every controller.
    void start(Lifetime life, InstantSource clock) throws InterruptedException {
        var loops = all.stream().map(c -> new ControllerLoop(c, clock)).toList();
        informers.start(life);
        if (all.contains(garbage)) garbage.start(life);
        loops.forEach(loop -> loop.start(life, WORKERS));
    }
}
