kubectl create namespace shop
### a name that is taken
kubectl create namespace shop
### objects, made and shown
kubectl apply -f - <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  clusterIP: None
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  serviceName: web
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      automountServiceAccountToken: false
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: img:1
        ports: [{name: http, containerPort: 8080}]
        env:
        - {name: A, value: b}
        - name: POD
          valueFrom: {fieldRef: {fieldPath: metadata.name}}
        resources: {requests: {cpu: 0.1, memory: 1024Ki}, limits: {memory: 1Gi}}
        readinessProbe: {httpGet: {port: http}}
YAML
### wait until the controller has seen it
kubectl -n shop wait --for=jsonpath='{.status.replicas}'=1 sts/web --timeout=10s
### applied again
kubectl -n shop get sts web -o yaml | kubectl apply -f - 2>&1
### tables
kubectl -n shop get sts,svc
kubectl -n shop get sts web -o wide
kubectl -n shop get po
kubectl -n shop get po -o name
kubectl -n shop get po --show-labels
kubectl -n shop get svc web -o wide
kubectl -n shop get controllerrevisions
### objects as they are stored
kubectl -n shop get sts web -o yaml
kubectl -n shop get svc web -o yaml
kubectl -n shop get po web-0 -o yaml
kubectl -n shop get controllerrevisions -o yaml
### descriptions
kubectl -n shop describe sts web
kubectl -n shop describe svc web
### the node is played by hand
kubectl create -f - <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/hostname: n1}}
YAML
kubectl taint node n1 node.kubernetes.io/not-ready- >/dev/null 2>&1 || true
kubectl patch node n1 --subresource=status -p '{"status":{"capacity":{"cpu":"4","memory":"8Gi","pods":"110"},"allocatable":{"cpu":"4","memory":"8Gi","pods":"110"},"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"kubelet is posting ready status"}]}}'
kubectl -n shop wait --for=jsonpath='{.spec.nodeName}'=n1 po/web-0 --timeout=20s
### web-0 runs and is ready
kubectl -n shop patch po web-0 --subresource=status -p '{"status":{"phase":"Running","podIP":"10.9.9.1","podIPs":[{"ip":"10.9.9.1"}],"conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"name":"c","image":"img:1","imageID":"x","ready":true,"restartCount":0,"started":true,"state":{"running":{"startedAt":"2026-01-01T00:00:00Z"}},"lastState":{}}]}}'
kubectl -n shop wait --for=jsonpath='{.spec.nodeName}'=n1 po/web-1 --timeout=20s
kubectl -n shop wait --for=jsonpath='{.status.readyReplicas}'=1 sts/web --timeout=10s
kubectl -n shop get po,sts
kubectl -n shop get po -o wide
kubectl -n shop rollout status sts/web --watch=false
kubectl -n shop get endpointslices
kubectl -n shop get endpointslices -o yaml
kubectl -n shop patch po web-1 --subresource=status -p '{"status":{"phase":"Running","podIP":"10.9.9.2","podIPs":[{"ip":"10.9.9.2"}],"conditions":[{"type":"Ready","status":"True"}]}}'
kubectl -n shop wait --for=jsonpath='{.status.readyReplicas}'=2 sts/web --timeout=10s
kubectl -n shop rollout status sts/web --watch=false
kubectl -n shop get sts web -o jsonpath='{.status}'
kubectl -n shop describe svc web
### changes
kubectl -n shop label po web-0 tier=front
kubectl -n shop label po web-0 tier=back
kubectl -n shop label po web-0 tier=back --overwrite
kubectl -n shop get po -l tier=back -o name
kubectl -n shop get po -l 'tier in (back),app' --no-headers -o custom-columns=NAME:.metadata.name,TIER:.metadata.labels.tier
kubectl -n shop get po --field-selector=metadata.name=web-1 -o name
kubectl -n shop get po --field-selector=spec.colour=red -o name
kubectl -n shop annotate sts web note=hello
kubectl -n shop scale sts/web --replicas=1 --current-replicas=7
kubectl -n shop get sts web --subresource=scale -o yaml
kubectl -n shop set image sts/web c=img:2
kubectl -n shop wait --for=jsonpath='{.status.observedGeneration}'=2 sts/web --timeout=10s
kubectl -n shop rollout history sts/web
kubectl -n shop rollout history sts/web --revision=2
kubectl -n shop rollout undo sts/web
kubectl -n shop rollout undo sts/web --to-revision=9
kubectl -n shop rollout pause sts/web
kubectl -n shop rollout restart sts/web
kubectl -n shop get sts web -o jsonpath='{.spec.template.metadata.annotations}'
kubectl -n shop rollout history sts/web
### a merge patch, a JSON patch, and bad ones
kubectl -n shop patch sts web --type=merge -p '{"spec":{"minReadySeconds":3}}'
kubectl -n shop patch sts web --type=json -p '[{"op":"replace","path":"/spec/minReadySeconds","value":0}]'
kubectl -n shop patch sts web --type=json -p '[{"op":"replace","path":"/spec/nothing/deep","value":0}]'
kubectl -n shop patch sts web --type=json -p '[{"op":"test","path":"/spec/replicas","value":77}]'
kubectl -n shop patch sts web -p '{"spec":{"replicas":"many"}}'
kubectl -n shop patch sts web -p '{"spec":'
kubectl -n shop patch sts nobody -p '{"spec":{"replicas":1}}'
### forbidden changes
kubectl -n shop patch sts web -p '{"spec":{"serviceName":"other"}}'
kubectl -n shop patch sts web -p '{"spec":{"podManagementPolicy":"Parallel"}}'
kubectl -n shop patch po web-0 -p '{"spec":{"restartPolicy":"Never"}}'
kubectl -n shop patch po web-0 -p '{"metadata":{"labels":{"bad key!":"x"}}}'
kubectl -n shop patch svc web -p '{"spec":{"clusterIP":"10.96.0.77"}}'
kubectl patch ns shop -p '{"metadata":{"name":"other"}}'
### a stale replacement
kubectl -n shop create configmap c1 --from-literal=a=1
kubectl -n shop get cm c1 -o json | sed 's/"a": "1"/"a": "2"/; s/"resourceVersion": "[0-9]*"/"resourceVersion": "1"/' | kubectl replace -f -
kubectl -n shop get cm c1 -o json | sed 's/"a": "1"/"a": "3"/' | kubectl replace -f -
kubectl -n shop get cm c1 -o jsonpath='{.data}'
kubectl -n shop create configmap c1 --from-literal=a=1
kubectl -n shop create configmap c2 --from-literal='b/ad=1'
kubectl -n shop create configmap c3 --from-literal=k=v --dry-run=server -o yaml
kubectl -n shop get cm c3
kubectl -n shop patch cm c1 -p '{"immutable":true}'
kubectl -n shop patch cm c1 -p '{"data":{"a":"9"}}'
### secrets
kubectl -n shop create secret generic s1 --from-literal=p=q
kubectl -n shop get secret s1 -o yaml
kubectl -n shop get secrets
kubectl -n shop apply -f - <<'YAML'
apiVersion: v1
kind: Secret
metadata: {name: s2}
data: {p: not-base64!}
YAML
kubectl -n shop patch secret s1 -p '{"type":"Other"}'
### bad sets
kubectl -n shop create -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: Bad_Name}
spec:
  replicas: -1
  serviceName: web
  selector: {matchLabels: {app: other}}
  template:
    metadata: {labels: {app: web}}
    spec:
      restartPolicy: Never
      containers:
      - {name: c, image: i}
      - {name: c, image: ""}
YAML
kubectl -n shop create -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: bad}
spec:
  serviceName: web
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: i}]
YAML
kubectl -n shop create -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: bad}
spec:
  serviceName: web
  podManagementPolicy: Sometimes
  updateStrategy: {type: Never}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: c
        image: i
        ports: [{containerPort: 99999}]
        volumeMounts: [{name: nope, mountPath: /x}, {name: nope, mountPath: /x}]
        resources: {limits: {cpu: 1, memory: 1Mi}, requests: {cpu: 2}}
        env: [{name: "a=b", value: x}]
        livenessProbe: {tcpSocket: {port: 1}, successThreshold: 2}
YAML
### unknown fields, kinds and versions
kubectl -n shop create -f - <<'YAML'
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: bad}
spec:
  serviceName: web
  replcas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: i, imagePolicy: x}]
YAML
kubectl -n shop create -f - <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: bad
YAML
kubectl -n shop create -f - <<'YAML'
apiVersion: v1
kind: ConfigMap
metadata: {name: bad}
data: {num: 5}
YAML
kubectl -n nowhere create configmap c --from-literal=a=b
kubectl get --raw /api/v1/namespaces/shop/configmaps/nobody
kubectl get --raw /apis/none.example/v1/things
kubectl -n shop get things
kubectl -n shop get sts nobody
kubectl -n shop delete sts nobody
### claims and services
kubectl -n shop create -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: p1}
spec: {resources: {requests: {storage: 1Gi}}}
YAML
kubectl -n shop create -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: p1}
spec: {accessModes: [ReadWriteMost], resources: {requests: {storage: lots}}}
YAML
kubectl -n shop create -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: p1}
spec: {accessModes: [ReadWriteOnce], storageClassName: none, resources: {requests: {storage: 1.5Gi}}}
YAML
kubectl -n shop get pvc
kubectl -n shop get pvc p1 -o yaml
kubectl -n shop patch pvc p1 -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}'
kubectl -n shop patch pvc p1 -p '{"spec":{"accessModes":["ReadWriteMany"]}}'
kubectl -n shop describe pvc p1
kubectl -n shop create service nodeport np --tcp=80:80 --node-port=31234
kubectl -n shop create service nodeport np2 --tcp=80:80 --node-port=31234
kubectl -n shop create service nodeport np3 --tcp=80:80 --node-port=80
kubectl -n shop get svc np
kubectl -n shop create service clusterip bad --tcp=0:80
kubectl -n shop create -f - <<'YAML'
apiVersion: v1
kind: Service
metadata: {name: two}
spec: {ports: [{port: 80}, {port: 81}], selector: {a: "b"}, type: Everything}
YAML
### ends
kubectl -n shop delete svc np
kubectl -n shop delete cm --all
kubectl -n shop get cm
kubectl -n shop delete sts web --cascade=orphan
kubectl -n shop get po web-0 -o jsonpath='{.metadata.ownerReferences}'
kubectl -n shop delete po web-0 --wait=false
kubectl -n shop get po web-0 -o jsonpath='{.metadata.deletionGracePeriodSeconds}'
kubectl -n shop delete po --all --force --grace-period=0
kubectl -n shop get po
kubectl delete ns shop
kubectl get ns shop
kubectl delete node n1
### changes as they come
kubectl create namespace yard
kubectl -n yard create configmap c1 --from-literal=a=1
kubectl -n yard get cm c1 -w --no-headers --request-timeout=4s > /tmp/golden-watch.$$ & until [ -s /tmp/golden-watch.$$ ]; do sleep 0.05; done; kubectl -n yard patch cm c1 -p '{"data":{"b":"2","c":"3"}}'; kubectl -n yard delete cm c1; wait; cat /tmp/golden-watch.$$; rm /tmp/golden-watch.$$
kubectl -n yard get cm c1 -w --request-timeout=1s
### what is served
kubectl api-resources --no-headers -o wide | grep -E '^(configmaps|namespaces|nodes|persistentvolumeclaims|persistentvolumes|pods|secrets|serviceaccounts|services|controllerrevisions|statefulsets|leases|storageclasses|endpointslices) '
kubectl api-resources --namespaced=true --api-group=apps -o name | grep -E 'statefulsets|controllerrevisions'
kubectl version 2>/dev/null | grep Server | sed 's/1.36.[0-9]*/1.36/'
### a node and its lease
kubectl create -f - <<'YAML'
apiVersion: v1
kind: Node
metadata: {name: n2, labels: {kubernetes.io/hostname: n2, kubernetes.io/os: linux, zone: a}, annotations: {note: made by hand}}
YAML
kubectl taint node n2 node.kubernetes.io/not-ready- >/dev/null 2>&1 || true
kubectl patch node n2 --subresource=status -p '{"status":{"addresses":[{"type":"InternalIP","address":"192.0.2.7"},{"type":"Hostname","address":"n2"}],"capacity":{"cpu":"4","memory":"8Gi","pods":"110"},"allocatable":{"cpu":"3500m","memory":"7Gi","pods":"110"},"nodeInfo":{"kernelVersion":"6.1.0","osImage":"Debian","operatingSystem":"linux","architecture":"amd64","containerRuntimeVersion":"ordinal://1","kubeletVersion":"v1.36.0","machineID":"m","systemUUID":"s","bootID":"b","kubeProxyVersion":""},"conditions":[{"type":"Ready","status":"True","reason":"KubeletReady","message":"kubelet is posting ready status","lastHeartbeatTime":"2026-01-01T00:00:00Z","lastTransitionTime":"2026-01-01T00:00:00Z"}]}}'
kubectl get node n2
kubectl get node n2 -o wide
kubectl create namespace kube-node-lease 2>/dev/null || true
kubectl create -f - <<'YAML'
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata: {name: n2, namespace: kube-node-lease}
spec: {holderIdentity: n2, leaseDurationSeconds: 40, renewTime: "2026-01-02T03:04:05.000006Z", preferredHolder: me}
YAML
kubectl -n kube-node-lease get leases n2
kubectl -n kube-node-lease get lease n2 -o yaml
kubectl -n kube-node-lease patch lease n2 --type=merge -p '{"spec":{"leaseDurationSeconds":0}}'
kubectl -n yard create -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p1, labels: {app: p}}
spec:
  automountServiceAccountToken: false
  nodeName: n2
  containers:
  - name: a
    image: img:1
    command: [sh, -c, "sleep 1"]
    resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {cpu: "1", memory: 128Mi}}
    livenessProbe: {exec: {command: [cat, /x]}, initialDelaySeconds: 3}
    volumeMounts: [{name: t, mountPath: /t}, {name: c, mountPath: /c, readOnly: true}]
  - name: b
    image: img:2
  initContainers: [{name: i, image: img:3, env: [{name: A, value: b}]}]
  volumes: [{name: t, emptyDir: {sizeLimit: 1Mi}}, {name: c, configMap: {name: nope, optional: true}}]
  nodeSelector: {zone: a}
YAML
kubectl get node n2 -o jsonpath='{.metadata.annotations.note}{.spec}'
kubectl describe node n2 | sed '/^Events:/,$d; /^Labels:/,/^CreationTimestamp:/d'
kubectl -n yard describe pod p1
kubectl -n yard get pod p1 -o wide
### logs and exec that cannot be
kubectl -n yard logs nobody
kubectl -n yard logs p1 -c nope
kubectl -n yard exec nobody -- true
kubectl -n yard exec p1 -c nope -- true
kubectl -n yard create -f - <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: p2}
spec: {automountServiceAccountToken: false, schedulerName: nobody, containers: [{name: a, image: "img:1"}]}
YAML
kubectl -n yard exec p2 -- true
kubectl -n yard get po
kubectl -n yard get po -o wide --sort-by=.metadata.name
kubectl -n yard get po -o jsonpath='{range .items[*]}{.metadata.name}={.status.phase} {.status.qosClass}{"\n"}{end}'
kubectl cordon n2
kubectl get node n2
kubectl uncordon n2
### storage with a provisioner that is played by hand
kubectl create -f - <<'YAML'
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: hand}
provisioner: example.com/hand
parameters: {tier: fast}
allowVolumeExpansion: true
mountOptions: [noatime]
YAML
kubectl get sc hand
kubectl describe sc hand
kubectl patch sc hand -p '{"provisioner":"example.com/other"}'
kubectl -n yard create -f - <<'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: d1}
spec: {storageClassName: hand, accessModes: [ReadWriteOnce], resources: {requests: {storage: 32Mi}}}
YAML
kubectl -n yard wait --for=jsonpath='{.metadata.annotations.volume\.kubernetes\.io/storage-provisioner}'=example.com/hand pvc/d1 --timeout=10s
kubectl -n yard describe pvc d1
uid=$(kubectl -n yard get pvc d1 -o jsonpath='{.metadata.uid}'); echo '{"apiVersion":"v1","kind":"PersistentVolume","metadata":{"name":"v1","annotations":{"pv.kubernetes.io/provisioned-by":"example.com/hand"}},"spec":{"capacity":{"storage":"32Mi"},"accessModes":["ReadWriteOnce"],"persistentVolumeReclaimPolicy":"Retain","storageClassName":"hand","mountOptions":["noatime"],"claimRef":{"apiVersion":"v1","kind":"PersistentVolumeClaim","namespace":"yard","name":"d1","uid":"'$uid'"},"hostPath":{"path":"/srv/v1"}}}' | kubectl create -f -
kubectl -n yard wait --for=jsonpath='{.status.phase}'=Bound pvc/d1 --timeout=20s
kubectl -n yard get pvc,pv
kubectl -n yard get pvc d1 -o wide
kubectl -n yard get pvc d1 -o yaml
kubectl get pv v1 -o yaml
kubectl -n yard describe pvc d1
kubectl describe pv v1
kubectl -n yard patch pvc d1 -p '{"spec":{"resources":{"requests":{"storage":"16Mi"}}}}'
kubectl patch pv v1 -p '{"spec":{"hostPath":{"path":"/srv/v2"}}}' 2>&1 | head -1
kubectl -n yard delete pvc d1
kubectl wait --for=jsonpath='{.status.phase}'=Released pv/v1 --timeout=20s
kubectl get pv v1
kubectl delete pv v1
kubectl delete sc hand
### events
kubectl -n yard create -f - <<'YAML'
apiVersion: v1
kind: Event
metadata: {name: e1}
involvedObject: {apiVersion: v1, kind: Pod, namespace: yard, name: p1}
reason: Tried
message: by hand
type: Normal
source: {component: me}
YAML
kubectl -n yard get events --field-selector reason=Tried
kubectl -n yard events --for pod/p1 --types=Normal
kubectl -n yard delete pod p1 p2 --force --grace-period=0
kubectl delete ns yard
kubectl delete node n2
kubectl -n kube-node-lease delete lease n2
