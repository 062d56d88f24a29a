using Runner.Actors;
using Runner.Actors.FlowRunners;
using Runner.Host.Logs;
using Runner.Messages;
using Runner.Messages.Runs;

namespace Runner.Host;

/// <summary>
/// Removes, once after a start, what an earlier life of the node has left of files of programs under another user: those of attempts whose outcome is
/// durable. Those of others are still needed, and are removed when theirs is.
/// </summary>
internal sealed class UserFilesSweep : IAsyncDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Task _sweep;

    /// <param name="files">Null if there are no such programs.</param>
    public UserFilesSweep(IRunnerNode node, IUserFiles? files, ILogger log) =>
        _sweep = files is null ? Task.CompletedTask : Task.Run(() => SweepAsync(node, files, log));

    public async ValueTask DisposeAsync()
    {
        await _ended.CancelAsync().ConfigureAwait(false);
        await _sweep.ConfigureAwait(false);
        _ended.Dispose();
    }

    private async Task SweepAsync(IRunnerNode node, IUserFiles files, ILogger log)
    {
        try
        {
            foreach (var key in files.WithUserFiles())
            {
                var reply = await node.AskAsync(new GetRun(key.RunId), _ended.Token).ConfigureAwait(false);
                if (reply.Refusal is RunNotFound || (reply.Value is { } run && RunProgress.Of(run.State, run.Attempt).HasEnded(key.Attempt)))
                {
                    files.RemoveUserFiles(key);
                }
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            log.Debug("The node ended while left files of other users were looked for");
        }
        catch (Exception e)
        {
            log.Warning(e, "Left files of programs under another user could not be removed; it is tried again at the next start");
        }
    }
}
