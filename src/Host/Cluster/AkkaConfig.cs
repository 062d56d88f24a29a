using Akka.Configuration;

namespace Runner.Host.Cluster;

/// <summary>The settings of Akka.NET for a node on its own.</summary>
internal static class AkkaConfig
{
    public static Config Local() => ConfigurationFactory.ParseString("""
        akka {
          actor.provider = cluster
          log-dead-letters = off
          loglevel = WARNING
          stdout-loglevel = OFF
          remote {
            enabled-transports = ["akka.remote.local"]
            local { transport-class = "Runner.Host.Cluster.LocalTransport, runner", applied-adapters = [], hostname = node, port = 1 }
          }
          cluster {
            seed-nodes = ["akka.local://runner@node:1"]
            min-nr-of-members = 1
            shutdown-after-unsuccessful-join-seed-nodes = off
            gossip-interval = 200ms
            leader-actions-interval = 200ms
            periodic-tasks-initial-delay = 50ms
            sharding {
              state-store-mode = ddata
              remember-entities = off
              retry-interval = 200ms
              waiting-for-state-timeout = 1s
              updating-state-timeout = 1s
              coordinator-failure-backoff = 500ms
              rebalance-interval = 10s
              distributed-data.durable.keys = []
            }
            singleton { hand-over-retry-interval = 200ms, min-number-of-hand-over-retries = 1 }
            singleton-proxy.singleton-identification-interval = 200ms
          }
          coordinated-shutdown { exit-clr = off, run-by-clr-shutdown-hook = off, terminate-actor-system = on }
        }
        """);
}
