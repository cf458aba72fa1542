/// Claims: what the API knows of them, how they find a volume, and who makes one.
///
/// Start at `ClaimPlan`; `ClaimController` carries it out, `Provisioner` makes volumes of class
/// `standard`, `ClaimProtection` keeps a claim while a pod uses it.
@NullMarked
package dev.ordinal.kinds.persistentvolumeclaim;

import org.jspecify.annotations.NullMarked;
