using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using Runner.Cli.Completion;
using Runner.Client;

namespace Runner.Cli;

/// <summary>What every client command has: the options that name the node, <c>--json</c>, a client, and a way to be interrupted.</summary>
internal sealed class ClientCommand
{
    /// <summary>How long a command that is interrupted may take to say so: nothing that can be called off takes that long.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly CliContext _context;
    private readonly Option<string?> _url = new("--url")
    {
        Description = "The node's address, or several of a cluster with commas between them; the local node's if left out.", HelpName = "URL",
    };

    private readonly Option<string?> _data = new("--data") { Description = "The data folder of the node to speak to.", HelpName = "DIR" };
    private readonly Option<string?> _ca = new("--ca-file")
    {
        Description = "The file with the certificates of whoever signed those of nodes that are called by https.", HelpName = "FILE",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Print the API's JSON." };

    private readonly Option<bool> _noWait = new("--no-wait") { Description = "Do not wait for a node that is gone, busy or stuck: say so, and end." };

    public ClientCommand(CliContext context)
    {
        _context = context;
        Suggest = new Suggestions(context, _url, _data);
    }

    /// <summary>Completes names that a node knows.</summary>
    public Suggestions Suggest { get; }

    /// <summary>Lets the common options stand before a command, too, and offers them there.</summary>
    public void ShareOn(Command group)
    {
        foreach (var option in (Option[])[_url, _data, _ca, _json, _noWait])
        {
            group.Add(option);
        }

        foreach (var inner in group.Subcommands.Where(c => c.Subcommands.Count > 0))
        {
            ShareOn(inner);
        }
    }

    /// <summary>Gives a command its common options and what it does.</summary>
    /// <param name="example">A line for its help that shows how it is used.</param>
    public Command With(Command command, string example, Func<ClientCall, Task<int>> action)
    {
        command.WithExample(example).Add(_url);
        command.Add(_data);
        command.Add(_ca);
        command.Add(_json);
        command.Add(_noWait);
        command.SetAction(async result =>
        {
            using var interrupt = new CancellationTokenSource();
            using var signals = _context.OnInterrupt(interrupt.Cancel);
            var call = new ClientCall(_context, result, result.GetValue(_json), Connect(result), interrupt.Token);
            var work = Task.Run(() => action(call), CancellationToken.None);
            if (!await EndsAsync(work, interrupt.Token).ConfigureAwait(false))
            {
                _context.Abandon();
                return ExitCodes.Interrupted;
            }

            using (call)
            {
                return await work.ConfigureAwait(false);
            }
        });
        return command;
    }

    /// <summary>
    /// False if the person wants the command to end and it does not: it waits for something that cannot be called off, such as a disk, or a reader of
    /// its output that has stopped reading.
    /// </summary>
    private async Task<bool> EndsAsync(Task work, CancellationToken interrupt)
    {
        await work.WaitAsync(interrupt).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await work.WaitAsync(Grace, _context.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return work.IsCompleted;
    }

    private Lazy<RunnerClient> Connect(ParseResult result) => new(
        () =>
        {
            var node = LocalNode.Find(result.GetValue(_url), result.GetValue(_data), _context.Variable);
            return new RunnerClient(result.GetValue(_ca) is { } ca ? node with { CaFile = ca } : node, Options(result));
        });

    private RunnerClientOptions Options(ParseResult result)
    {
        // Two streams of one command wait for the same node.
        string? last = null;
        var options = _context.ClientOptions with
        {
            OnWaiting = text =>
            {
                if (Interlocked.Exchange(ref last, text) != text)
                {
                    _context.WriteErrorLine($"note: {text}");
                }
            },
        };
        return result.GetValue(_noWait) ? options.WithoutWaiting() : options;
    }
}

/// <summary>One invocation of a client command.</summary>
/// <param name="Cancel">The person wants it to end.</param>
internal sealed record ClientCall(CliContext Context, ParseResult Arguments, bool Json, Lazy<RunnerClient> Connection, CancellationToken Cancel)
    : IDisposable
{
    /// <summary>Made at first use: a command that is wrong in itself asks for no node.</summary>
    public RunnerClient Client => Connection.Value;

    public T? Get<T>(Option<T> option) => Arguments.GetValue(option);

    public T Get<T>(Argument<T> argument) => Arguments.GetRequiredValue(argument);

    /// <summary>Ends a command that came to something: with <c>--json</c> it prints that as the API's JSON, otherwise what a person reads.</summary>
    public int Say<T>(T value, JsonTypeInfo<T> json, Func<T, string> text)
    {
        if (Json)
        {
            Context.WriteJson(value, json);
        }
        else
        {
            Context.Write(text(value) is var said && said.EndsWith('\n') ? said : said + "\n");
        }

        return ExitCodes.Success;
    }

    /// <summary>
    /// Reads what may never come (a FIFO, a disk that is away, a person's answer), and stops waiting for it when the person wants the command to end.
    /// </summary>
    public Task<T> ReadAsync<T>(Func<T> read) => Task.Run(read, CancellationToken.None).WaitAsync(Cancel);

    public void Dispose()
    {
        if (Connection.IsValueCreated)
        {
            Connection.Value.Dispose();
        }
    }
}
