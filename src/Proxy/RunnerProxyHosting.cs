using Akka.Actor;
using Akka.Cluster.Hosting;
using Akka.Cluster.Tools.Client;
using Akka.Cluster.Tools.PublishSubscribe;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Hosting;
using Runner.Wire;

namespace Runner.Proxy;

/// <summary>Composes the proxy.</summary>
public static class RunnerProxyHosting
{
    /// <summary>The role of a member that is an application: nothing of the nodes' is on it.</summary>
    public const string ClientRole = ClusterRoles.Client;

    /// <summary>Adds the actor that asks a cluster of nodes: <c>IRequiredActor&lt;RunnerProxy&gt;</c>.</summary>
    public static AkkaConfigurationBuilder AddRunnerProxy(this AkkaConfigurationBuilder builder, RunnerProxyOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Host is { } host)
        {
            builder.WithRemoting(host, options.Port);
        }

        if (options.Tls is { } tls)
        {
            builder.AddSetup(tls.Setup()).AddHocon("akka.remote.dot-netty.tcp.enable-ssl = on", HoconAddMode.Prepend);
        }

        builder.AddHocon(Read("proxy.conf"), HoconAddMode.Append);
        if (options.Joins)
        {
            builder.WithClustering(new ClusterOptions { Roles = [ClientRole], SeedNodes = [.. options.Nodes] })
                .AddHocon(Read("proxy-member.conf"), HoconAddMode.Append);
        }
        else
        {
            builder.AddHocon(ClusterClientReceptionist.DefaultConfig(), HoconAddMode.Append)
                .AddHocon(DistributedPubSub.DefaultConfig(), HoconAddMode.Append);
        }

        return builder.WithActors((system, registry) => registry.Register<RunnerProxy>(system.ActorOf(Props(system, options), "runner-proxy")));
    }

    private static Props Props(ActorSystem system, RunnerProxyOptions options)
    {
        Func<TimeSpan> clock = () => system.Scheduler.MonotonicClock;
        if (!options.Joins)
        {
            var contacts = options.Nodes.Select(node => ActorPath.Parse($"{node}/system/receptionist"));
            var settings = ClusterClientSettings.Create(system).WithInitialContacts([.. contacts]);
            return Akka.Actor.Props.Create(() => new ProxyActor(options.Timeout, new ContactRoute(settings), clock));
        }

        return Akka.Actor.Props.Create(() => new ProxyActor(options.Timeout, new MemberRoute(), clock));
    }

    private static Config Read(string name)
    {
        using var text = new StreamReader(typeof(RunnerProxyHosting).Assembly.GetManifestResourceStream(name)!);
        return ConfigurationFactory.ParseString(text.ReadToEnd());
    }
}
