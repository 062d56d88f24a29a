using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Hosting.Logging;
using Runner.Wire;

namespace Runner.Host.Cluster;

/// <summary>What every node's actor system has, whatever actors are in it.</summary>
internal static class AkkaComposition
{
    /// <summary>The actor system's name: part of every address, so all nodes of a cluster have it.</summary>
    public const string SystemName = "runner";

    /// <summary>Adds the actor system, as a member of its cluster, with Akka.NET's own health checks and its log in the node's.</summary>
    /// <param name="actors">Adds the actors, each by its own extension.</param>
    public static IServiceCollection AddNodeSystem(
        this IServiceCollection services, AkkaSettings settings, Action<AkkaConfigurationBuilder, IServiceProvider> actors)
    {
        services.AddHealthChecks();
        return services.AddAkka(SystemName, (builder, provider) =>
        {
            builder
                .AddSetup(new LoggerFactorySetup(provider.GetRequiredService<ILoggerFactory>()))
                .AddHocon(WithRole(settings.ToConfig()), HoconAddMode.Prepend)
                .WithClustering()
                .WithActorSystemLivenessCheck()
                .WithAkkaClusterReadinessCheck();
            actors(builder, provider);
        });
    }

    /// <summary>A file may give a node roles of its own, for people's own tools; it is a node all the same.</summary>
    private static Config WithRole(Config settings)
    {
        string[] roles = [.. settings.GetStringList("akka.cluster.roles", []).Append(ClusterRoles.Node).Distinct(StringComparer.Ordinal)];
        return ConfigurationFactory.ParseString($"akka.cluster.roles = [{string.Join(", ", roles.Select(role => $"\"{role}\""))}]")
            .WithFallback(settings);
    }
}
