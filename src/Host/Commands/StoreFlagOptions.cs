using System.CommandLine;
using Runner.Client;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>The flags by which a command finds the store of a node that does not run: as `serve` and `node` have them.</summary>
internal sealed class StoreFlagOptions
{
    private readonly Option<string?> _store = Text("--store", "KIND", "Where deployments and runs are kept, as for `runner node`: sqlite (in the data folder) or postgresql (RUNNER_STORE_KIND).");
    private readonly Option<string?> _connection = Text("--store-connection", "TEXT", "How PostgreSQL is reached, without a password (RUNNER_STORE_CONNECTION).");
    private readonly Option<string?> _password = Text("--store-password-file", "FILE", "The file with PostgreSQL's password (RUNNER_STORE_PASSWORD_FILE).");
    private readonly Option<string?> _config = Text("--config", "FILE", "The node's settings in HOCON.");

    public Option<string?> Data { get; } = Text("--data", "DIR", "The node's data folder (RUNNER_DATA; default: runner-actors in the user's data home).");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[Data, _config, _store, _connection, _password])
        {
            command.Add(option);
        }
    }

    /// <summary>The settings, or null with what is wrong with them.</summary>
    public (NodeOptions? Options, string Mistakes) Read(ParseResult parsed, Func<string, string?> variable)
    {
        var (options, mistakes) = new NodeOptionsReader(variable).Read(new NodeFlags(
            parsed.GetValue(Data), Config: parsed.GetValue(_config), Store: parsed.GetValue(_store),
            StoreConnection: parsed.GetValue(_connection), StorePasswordFile: parsed.GetValue(_password)));
        return (options, string.Join(Environment.NewLine, mistakes));
    }

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
