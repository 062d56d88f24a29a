using System.CommandLine;
using Runner.Host.Configuration;

namespace Runner.Host.Commands;

/// <summary>The flags that `serve` and `node` have in common. They are texts here; <see cref="NodeOptionsReader"/> reads them.</summary>
internal sealed class NodeFlagOptions
{
    private readonly Option<string?> _data = Text("--data", "DIR", "The data folder (RUNNER_DATA; default: runner-actors in the user's data home).");
    private readonly Option<string?> _listen = Text("--listen", "HOST:PORT", "Where the API listens (RUNNER_LISTEN; default: 127.0.0.1:4270; port 0 takes a free one).");
    private readonly Option<string?> _limit = Text("--limit", "N", "How many programs run at once on this node, 1 to 100000 (RUNNER_LIMIT; default: 100).");
    private readonly Option<string?> _level = Text("--log-level", "LEVEL", "debug, information, warning or error (RUNNER_LOG_LEVEL; default: warning).");
    private readonly Option<string?> _hosts = Text("--allow-host", "NAMES", "Further host names the API may be called by, separated by commas (RUNNER_ALLOW_HOST).");
    private readonly Option<string?> _name = Text("--name", "NAME", "What the node calls itself (RUNNER_NODE_NAME; default: the machine's name).");

    private readonly Option<string?> _store = Text("--store", "KIND", "Where deployments and runs are kept: sqlite (in the data folder) or postgresql (RUNNER_STORE_KIND; default: sqlite).");
    private readonly Option<string?> _connection = Text("--store-connection", "TEXT", "How PostgreSQL is reached, without a password: \"Host=db;Database=runner;Username=runner\" (RUNNER_STORE_CONNECTION).");
    private readonly Option<string?> _password = Text("--store-password-file", "FILE", "The file with PostgreSQL's password, which its owner alone may read (RUNNER_STORE_PASSWORD_FILE).");

    private readonly Option<string?> _config = Text("--config", "FILE", "Settings in HOCON; variables and flags go before them. See docs/configuration.md.");

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_config, _data, _listen, _limit, _level, _hosts, _name, _store, _connection, _password])
        {
            command.Add(option);
        }
    }

    public NodeFlags Read(ParseResult parsed) => new(
        parsed.GetValue(_data), parsed.GetValue(_listen), parsed.GetValue(_limit), parsed.GetValue(_level), parsed.GetValue(_hosts), parsed.GetValue(_name),
        Config: parsed.GetValue(_config), Store: parsed.GetValue(_store), StoreConnection: parsed.GetValue(_connection), StorePasswordFile: parsed.GetValue(_password));

    private static Option<string?> Text(string name, string value, string description) => new(name) { HelpName = value, Description = description };
}
