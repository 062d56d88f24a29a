using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Runner.Actors.FlowRunners;
using Runner.Entities.Store;
using Runner.Host.Backup;
using Runner.Host.Commands;
using Runner.Messages;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>A backup of the node, as a tar archive. One at a time: each needs room for a copy of the store.</summary>
internal sealed class BackupApi(NodeSlot slot, TimeProvider time, ILogger log, CancellationToken stopping)
{
    private int _running;

    public void Map(ApiRoutes routes) => routes.Map(Api.BackUp, MakeAsync);

    private async Task MakeAsync(ApiRequest http)
    {
        var (context, withOutput) = (http.Context, http.Get(Queries.Output) == "true");
        var (copier, info) = (slot.Copy ?? throw NotPossible("This node's store is not one that it can copy."), slot.Info!);
        if (Interlocked.Exchange(ref _running, 1) != 0)
        {
            throw new RequestRefusedException(
                StatusCodes.Status409Conflict, "backup-under-way", "A backup of this node is being made. Try again when it is done.");
        }

        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            using var folder = new BackupFolder(info.DataDirectory, log);
            await using var copy = await CopyAsync(copier, folder, cancel.Token);
            // Looked for when the store is copied: an attempt of the copy has made it already if it has secrets.
            var format = withOutput && ProgramFile.Exists(MaskKey.PathIn(info.DataDirectory)) ? BackupFormat.Version : BackupFormat.VersionUnmasked;
            var manifest = new BackupManifest(format, ProgramVersion.Text, info.Node, time.GetUtcNow(), info.DataDirectory, withOutput);
            await SendAsync(context, folder, copy, manifest, cancel.Token);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    /// <exception cref="RequestRefusedException">There is no room for it, or the store cannot be read.</exception>
    private static async Task<StoreCopy> CopyAsync(StoreCopier copier, BackupFolder folder, CancellationToken cancel)
    {
        try
        {
            folder.Make();
            return await copier(folder.FullPath, cancel);
        }
        catch (OperationCanceledException)
        {
            // Nobody is left to be told if it was the caller.
            throw new RequestRefusedException(new NodeStopping());
        }
        catch (BackupNotPossibleException e)
        {
            throw NotPossible(e.Message);
        }
        catch (StoreFullException e)
        {
            throw new RequestRefusedException(new StoreIsFull(e.Message));
        }
        catch (Exception e) when (e is StoreException or IOException or UnauthorizedAccessException)
        {
            throw new RequestRefusedException(new StoreNotAvailable($"The store cannot be copied into {folder.FullPath}: {e.Message}"));
        }
    }

    private async Task SendAsync(HttpContext context, BackupFolder folder, StoreCopy copy, BackupManifest manifest, CancellationToken cancel)
    {
        // Whoever takes it may have a slow disk.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Response.ContentType = BackupFormat.ContentType;
        await using var writer = new BackupWriter(context.Response.Body, folder.PathOf("sums"), cancel);
        await writer.WriteAsync(manifest, copy, manifest.DataDirectory);
        Tell(writer.LeftOut);
    }

    private void Tell(IReadOnlyList<LeftOut> leftOut)
    {
        foreach (var one in leftOut.Take(LeftOut.MostNamed))
        {
            log.Warning("Left out of the backup: {Why}", one.Why);
        }

        if (leftOut.Count > LeftOut.MostNamed)
        {
            log.Warning("Left out of the backup: {Count} others", leftOut.Count - LeftOut.MostNamed);
        }
    }

    private static RequestRefusedException NotPossible(string why) => new(StatusCodes.Status409Conflict, "backup-not-possible", why);
}
