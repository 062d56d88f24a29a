using Runner.Proxy;

namespace AkkaApp;

/// <summary>What the command line says.</summary>
internal static class Arguments
{
    public const string Usage = """
        usage: akka-app connect|join NODE... [--host HOST] [--tls CERTIFICATE KEY CA]

          connect   speak to the nodes through one of them
          join      be a member of their cluster that hosts nothing
          NODE      HOST:PORT of a node: its runner.cluster.host and .port
          --host    this machine, as the nodes reach it; 127.0.0.1 unless told
          --tls     files in PEM, where the nodes have TLS
        """;

    /// <summary>Null if it cannot be read.</summary>
    public static RunnerProxyOptions? Read(string[] arguments)
    {
        if (arguments is not ["connect" or "join", _, ..])
        {
            return null;
        }

        var nodes = new List<string>();
        var host = "127.0.0.1";
        RunnerProxyTls? tls = null;
        for (var rest = arguments.AsSpan(1); !rest.IsEmpty;)
        {
            switch (rest)
            {
                case ["--host", var name, ..]:
                    host = name;
                    rest = rest[2..];
                    break;
                case ["--tls", var certificate, var key, var ca, ..]:
                    tls = new RunnerProxyTls(certificate, key, ca);
                    rest = rest[4..];
                    break;
                default:
                    nodes.Add(rest[0]);
                    rest = rest[1..];
                    break;
            }
        }

        var addresses = nodes.Select(node => $"{(tls is null ? "akka.tcp" : "akka.ssl.tcp")}://runner@{node}");
        return (arguments[0] == "join" ? RunnerProxyOptions.Join(addresses) : RunnerProxyOptions.Connect(addresses)) with { Host = host, Tls = tls };
    }
}
