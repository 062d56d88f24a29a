using System.Threading.Channels;
using Runner.Actors;
using Runner.Host.Logs;

namespace Runner.Host.Screen;

/// <summary>
/// Shows on the console what the node does: a line for each state change, and the programs' output line by line, each attempt's before
/// the state that ends it. Never holds up the node: if the terminal is slower, changes are left out and that is said; of more than
/// <see cref="MostFollowed"/> programs at once nobody reads the output here, and that of the others is left out.
/// </summary>
internal sealed class RunFeed : IAsyncDisposable
{
    /// <summary>How many runs' output is shown at once; each keeps two files open.</summary>
    public const int MostFollowed = 100;

    private const int MaxWaiting = 10_000;
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(50);

    private readonly FeedWriter _writer;
    private readonly OutputFiles _files;
    private readonly TimeProvider _time;
    private readonly Channel<RunStateChanged> _changes;
    private readonly Dictionary<Guid, (string Deployment, AttemptTail Tail)> _live = [];
    private readonly IDisposable _subscription;
    private Task _loop = Task.CompletedTask;
    private long _leftOut;
    private bool _saidTooMany;

    public RunFeed(IRunnerNode node, OutputFiles files, FeedWriter writer, TimeProvider time)
    {
        (_writer, _files, _time) = (writer, files, time);
        _changes = Channel.CreateBounded<RunStateChanged>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true },
            _ => Interlocked.Increment(ref _leftOut));
        _subscription = node.Subscribe(change => _changes.Writer.TryWrite(change), of: RunsOf.ThisNode);
    }

    /// <summary>Shows what has happened since it was made, and goes on.</summary>
    public void Begin() => _loop = Task.Run(LoopAsync);

    /// <summary>Shows what has happened until now and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _subscription.Dispose();
        _changes.Writer.TryComplete();
        await _loop;
    }

    private async Task LoopAsync()
    {
        try
        {
            var more = _changes.Reader.WaitToReadAsync().AsTask();
            do
            {
                ShowWaiting();
                if (_live.Count > 0 && !more.IsCompleted)
                {
                    await Task.WhenAny(more, Task.Delay(LookInterval, _time));
                }
                else if (await more)
                {
                    ShowWaiting();
                    more = _changes.Reader.WaitToReadAsync().AsTask();
                }
            }
            while (!more.IsCompletedSuccessfully || more.Result);
        }
        catch (IOException)
        {
            // Whoever read the console has gone (a closed pipe); the node has work to do all the same.
        }
        finally
        {
            CloseAll();
        }
    }

    private void ShowWaiting()
    {
        if (Interlocked.Exchange(ref _leftOut, 0) is > 0 and var count)
        {
            // Ends may be among what was left out, so nothing that is followed can be relied on to end.
            CloseAll();
            _writer.Note($"{count} state changes were not shown: this terminal is too slow.");
        }

        while (_changes.Reader.TryRead(out var change))
        {
            Show(change);
        }

        foreach (var (run, (deployment, tail)) in _live)
        {
            tail.ReadTurn(isFinal: false, (in OutputLine line) => _writer.Output(run, deployment, line));
        }

        _writer.Flush();
    }

    private void Show(RunStateChanged changed)
    {
        var progress = RunProgress.Of(changed.Change.State, changed.Change.Attempt);
        if (_live.TryGetValue(changed.Run, out var known) && progress.HasEnded(known.Tail.Position.Attempt))
        {
            while (known.Tail.ReadTurn(isFinal: true, (in OutputLine line) => _writer.Output(changed.Run, changed.Deployment, line)))
            {
                // One turn hands over 64 KiB of each stream; all of it is wanted.
            }

            known.Tail.Dispose();
            _live.Remove(changed.Run);
        }

        _writer.State(changed);
        if (!progress.IsLive(changed.Change.Attempt) || changed.Change.Attempt == 0 || _live.ContainsKey(changed.Run))
        {
            return;
        }

        if (_live.Count >= MostFollowed)
        {
            SayTooMany();
        }
        else
        {
            _live[changed.Run] = (changed.Deployment, new AttemptTail(
                _files, changed.Run, LogPositions.StartOf(changed.Change.Attempt), [Client.LogStream.Stdout, Client.LogStream.Stderr]));
        }
    }

    private void SayTooMany()
    {
        if (!_saidTooMany)
        {
            _saidTooMany = true;
            _writer.Note($"More than {MostFollowed} programs run at once: the output of the others is not shown here. `runner logs RUN` has it.");
        }
    }

    private void CloseAll()
    {
        foreach (var (_, tail) in _live.Values)
        {
            tail.Dispose();
        }

        _live.Clear();
    }
}
