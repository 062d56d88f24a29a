using Akka.Configuration;

namespace Runner.Host.Cluster;

/// <summary>The settings of Akka.NET for a node on its own.</summary>
internal static class AkkaConfig
{
    public static Config Local()
    {
        using var stream = typeof(AkkaConfig).Assembly.GetManifestResourceStream("akka.conf")!;
        using var reader = new StreamReader(stream);
        return ConfigurationFactory.ParseString(reader.ReadToEnd());
    }
}
