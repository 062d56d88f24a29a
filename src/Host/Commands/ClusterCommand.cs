using System.Collections.Immutable;
using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Runner.Cli;
using Runner.Cli.Arguments;
using Runner.Cli.Terminal;
using Runner.Host.Commands.Certificates;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>
/// <c>runner cluster make-certificates</c>: what a cluster's nodes show one another, to start with; <c>runner cluster token</c>: what clients show
/// them.
/// </summary>
internal sealed class ClusterCommand(Func<HostEnvironment> environment, CliContext context)
{
    private const string UsualFolder = "certificates";

    private static readonly CertificatesJson Json = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    private readonly Option<string[]> _nodes = new("--node")
    {
        HelpName = "NAME[=HOST,…]", Required = true,
        Description = "A node, and the names and addresses by which the others reach it, if its name is not its host. May be given several times.",
    };

    private readonly Option<string?> _out = Values.Text("--out", $"The folder they are written to; default: {UsualFolder}.", "DIR");
    private readonly Option<int?> _days = Values.Integer(
        "--days", string.Create(CultureInfo.InvariantCulture, $"How long the nodes' certificates are good; default: {CertificateMaker.UsualDays}."),
        1, CertificateMaker.MostDays);

    private readonly Option<bool> _json = Values.Flag("--json", "Print JSON.");

    private readonly Argument<string> _secret = new("FILE") { Description = "The file of the nodes' setting runner.cluster.secret-file." };

    public static Command Create(Func<HostEnvironment> environment, CliContext context)
    {
        var it = new ClusterCommand(environment, context);
        var make = new Command(
            "make-certificates", "Make an authority for a cluster, or take the one in the folder, and a certificate with its key for each node.")
            { it._nodes, it._out, it._days, it._json }
            .WithExample("runner cluster make-certificates --node node1=node1.example,10.0.0.1 --node node2=node2.example");
        make.SetAction(it.MakeCertificates);
        var token = new Command("token", "Print the API's token of the nodes that have a secret, for clients on other machines.") { it._secret }
            .WithExample("runner cluster token cluster-secret");
        token.SetAction(it.PrintToken);
        return new Command("cluster", "Prepare a cluster of nodes.") { make, token };
    }

    private int PrintToken(ParseResult parsed)
    {
        try
        {
            context.WriteLine(ClusterSecret.Keys(Path.GetFullPath(parsed.GetRequiredValue(_secret)))[0].ApiToken);
            return ExitCodes.Success;
        }
        catch (NodeStartException e)
        {
            Errors.Print(context, e.Message);
            return ExitCodes.Error;
        }
    }

    private int MakeCertificates(ParseResult parsed)
    {
        var nodes = parsed.GetRequiredValue(_nodes).Select(CertifiedNode.Parse).ToImmutableArray();
        if (nodes.GroupBy(node => node.Name, StringComparer.OrdinalIgnoreCase).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
        {
            throw new UsageException($"--node: '{twice.Key}' is there twice; give all hosts of a node at once: {twice.Key}=HOST,HOST.");
        }

        if (nodes.Any(node => node.Name.Equals(CertificateMaker.AuthorityName, StringComparison.OrdinalIgnoreCase)))
        {
            throw new UsageException($"--node: '{CertificateMaker.AuthorityName}' is the name of the authority's files; call the node otherwise.");
        }

        var folder = Path.GetFullPath(parsed.GetValue(_out) ?? UsualFolder);
        try
        {
            var (authority, isNew, made) =
                new CertificateMaker(folder, environment().Time).Make(nodes, parsed.GetValue(_days) ?? CertificateMaker.UsualDays);
            context.Write(parsed.GetValue(_json) ? JsonOf(authority, isNew, made) : TextOf(authority, isNew, made));
            return ExitCodes.Success;
        }
        catch (CertificateException e)
        {
            Errors.Print(context, e.Message);
            return ExitCodes.Error;
        }
    }

    private static string TextOf(MadeCertificate authority, bool isNew, ImmutableArray<MadeCertificate> nodes)
    {
        var text = new StringBuilder().Append(isNew
            ? $"{authority.Certificate}: the authority, good until {Day(authority.NotAfter)}; every node gets a copy.\n"
                + $"{authority.Key}: its key. Keep it away from the nodes: who has it can make more of them.\n"
            : $"{authority.Certificate}: the authority, which was there; good until {Day(authority.NotAfter)}.\n");
        foreach (var node in nodes)
        {
            text.Append(
                $"\n{node.Name} ({string.Join(", ", node.Hosts)}), good until {Day(node.NotAfter)}: copy these to it, and write into its settings\n"
                + $"  runner.cluster.tls {{\n    certificate-file = {Quoted(node.Certificate)}\n    key-file = {Quoted(node.Key)}\n"
                + $"    ca-file = {Quoted(authority.Certificate)}\n  }}\n");
        }

        return text.ToString();
    }

    private static string JsonOf(MadeCertificate authority, bool isNew, ImmutableArray<MadeCertificate> nodes) => JsonSerializer.Serialize(
        new CertificatesMade(
            new(authority.Certificate, authority.Key, isNew, authority.NotAfter),
            [.. nodes.Select(node => new NodeCertificate(
                node.Name, node.Hosts, node.Certificate, node.Key, node.NotAfter, Settings(authority, node)))]),
        Json.CertificatesMade) + "\n";

    private static Dictionary<string, string> Settings(MadeCertificate authority, MadeCertificate node) => new()
    {
        ["runner.cluster.tls.certificate-file"] = node.Certificate,
        ["runner.cluster.tls.key-file"] = node.Key,
        ["runner.cluster.tls.ca-file"] = authority.Certificate,
    };

    private static string Day(DateTimeOffset at) => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>As HOCON takes any text.</summary>
    private static string Quoted(string path) => $"\"{JsonEncodedText.Encode(path, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}

/// <summary>What `runner cluster make-certificates --json` says.</summary>
internal sealed record CertificatesMade(AuthorityCertificate Authority, ImmutableArray<NodeCertificate> Nodes);

/// <param name="Made">False if it was there.</param>
internal sealed record AuthorityCertificate(string Certificate, string Key, bool Made, DateTimeOffset NotAfter);

/// <param name="Settings">What stands in the node's settings, by the path of each.</param>
internal sealed record NodeCertificate(
    string Name, ImmutableArray<string> Hosts, string Certificate, string Key, DateTimeOffset NotAfter, IReadOnlyDictionary<string, string> Settings);

[JsonSerializable(typeof(CertificatesMade))]
internal sealed partial class CertificatesJson : JsonSerializerContext;
