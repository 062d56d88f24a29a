using Akka.Configuration;

namespace Runner.Simulation.Runtime;

/// <summary>The settings that put an actor system into a world.</summary>
internal static class SimulatedConfig
{
    /// <summary>
    /// Every dispatcher and the scheduler are the world's; nobody logs (the system's start waits for loggers that nobody runs); nothing waits
    /// for the process's exit or runs the phases of a shutdown on the thread pool; the journal's circuit breaker, which knows only the
    /// machine's clock, neither waits nor opens.
    /// </summary>
    public static Config Base { get; } = ConfigurationFactory.ParseString($$"""
        akka {
          loggers = []
          stdout-loglevel = off
          loglevel = off
          log-dead-letters = off
          log-dead-letters-during-shutdown = off
          actor {
            provider = local
            default-dispatcher { {{Dispatcher}} }
            internal-dispatcher { {{Dispatcher}} }
            default-blocking-io-dispatcher { {{Dispatcher}} }
            synchronized-dispatcher { {{Dispatcher}} }
          }
          scheduler.implementation = "{{NameOf(typeof(SimulatedScheduler))}}"
          coordinated-shutdown {
            run-by-clr-shutdown-hook = off
            run-by-actor-system-terminate = off
            terminate-actor-system = off
            exit-clr = off
          }
          persistence {
            dispatchers {
              default-plugin-dispatcher { {{Dispatcher}} }
              default-replay-dispatcher { {{Dispatcher}} }
              default-stream-dispatcher { {{Dispatcher}} }
            }
            journal-plugin-fallback {
              replay-filter.mode = off
              circuit-breaker { max-failures = 2147483647, call-timeout = infinite, reset-timeout = 1s }
            }
            snapshot-store-plugin-fallback.circuit-breaker { max-failures = 2147483647, call-timeout = infinite, reset-timeout = 1s }
          }
        }
        """);

    /// <summary>What holds where nothing else is said: no snapshots, which would be files.</summary>
    private static readonly Config s_defaults = ConfigurationFactory.ParseString(
        "akka.persistence.snapshot-store.plugin = \"akka.persistence.no-snapshot-store\"");

    private static readonly Config s_alone = Base.WithFallback(s_defaults);

    private static string Dispatcher => $"type = \"{NameOf(typeof(SimulatedDispatcherConfigurator))}\"";

    /// <summary>What is given, with <see cref="Base"/> over it.</summary>
    public static Config Over(Config? config) => config is null ? s_alone : Base.WithFallback(config).WithFallback(s_defaults);

    /// <summary>A type's name as a setting has it.</summary>
    public static string NameOf(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";
}
