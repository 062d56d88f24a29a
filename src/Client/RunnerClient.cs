using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages.Deployments;
using Runner.Messages.Limits;
using Runner.Messages.Nodes;
using Runner.Messages.Runs;
using Runner.Messages.Serialization;

namespace Runner.Client;

/// <summary>
/// A node's API as methods. Thread-safe. Every method throws <see cref="RunnerApiException"/> for a refusal (<see cref="TokenRefusedException"/>
/// for a token), <see cref="NodeUnreachableException"/> where nothing answers and <see cref="UnexpectedAnswerException"/> where something else does.
/// </summary>
public sealed class RunnerClient : IDisposable
{
    private readonly ApiConnection _api;
    private readonly Func<string> _newKey;

    /// <summary>A client of the node at an address; see <see cref="LocalNode.Find"/>.</summary>
    public RunnerClient(NodeAddress node, RunnerClientOptions? options = null)
    {
        options ??= new RunnerClientOptions();
        _api = new ApiConnection(node, options);
        _newKey = options.NewKey ?? Ambient.NewKey;
    }

    /// <summary>The node's address.</summary>
    public Uri Url => _api.Url;

    /// <inheritdoc/>
    public void Dispose() => _api.Dispose();

    public Task<NodeInfo> NodeAsync(CancellationToken cancel = default) => Get(ApiPaths.Root + "node", MessagesJson.Default.NodeInfo, cancel);

    /// <summary>What is wrong with the node, in sentences; also of one that is not ready.</summary>
    public Task<HealthReport> HealthAsync(CancellationToken cancel = default) =>
        _api.SendAsync(HttpMethod.Get, "health/ready", null, MessagesJson.Default.HealthReport, repeatable: true, cancel, alsoUnavailable: true);

    /// <summary>
    /// Copies a backup of the node, a tar archive, while the node works. If it throws, what was written to <paramref name="destination"/> is no backup.
    /// </summary>
    /// <param name="withOutput">Whether the output of runs is in it.</param>
    /// <param name="progress">Called with the number of bytes so far, after each piece.</param>
    /// <returns>How many bytes it has.</returns>
    public async Task<long> BackupAsync(Stream destination, bool withOutput = true, Action<long>? progress = null, Action<string>? leftOut = null, CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, ApiPaths.Query(ApiPaths.Root + "backup", ("output", withOutput ? null : "false")));
        try
        {
            using var response = await _api.OpenAsync(request, cancel).ConfigureAwait(false);
            using var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            var counted = new CountingStream(body);
            var watch = new ArchiveWatch();
            var buffer = new byte[128 * 1024];
            while (await counted.ReadAsync(buffer, cancel).ConfigureAwait(false) is > 0 and var read)
            {
                await destination.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
                watch.Pass(buffer.AsSpan(0, read));
                progress?.Invoke(counted.Count);
            }

            if (watch.LeftOut is { } missing)
            {
                leftOut?.Invoke(missing);
            }

            return counted.Count;
        }
        catch (BrokenConnectionException e)
        {
            throw new NodeUnreachableException(Url, "broke the connection before the backup was complete; its log says why. Ask again.", e.InnerException);
        }
    }

    /// <summary>Registers or updates deployments, all or none; answers in their order.</summary>
    /// <param name="dryRun">Only says what would change.</param>
    public Task<ImmutableArray<DeploymentRegistered>> RegisterAsync(
        ImmutableArray<DeploymentSpec> specs, bool dryRun = false, CancellationToken cancel = default) =>
        Send(
            HttpMethod.Put,
            ApiPaths.Query(ApiPaths.Root + "deployments", ("dryRun", dryRun ? "true" : null)),
            Bytes(specs, MessagesJson.Default.ImmutableArrayDeploymentSpec),
            MessagesJson.Default.ImmutableArrayDeploymentRegistered,
            cancel);

    public Task<DeploymentPage> DeploymentsAsync(ListDeployments query, CancellationToken cancel = default) => Get(
        ApiPaths.Query(
            ApiPaths.Root + "deployments", ("tag", query.Tag), ("limit", ApiPaths.Text(query.Limit)), ("after", query.After)),
        MessagesJson.Default.DeploymentPage,
        cancel);

    public Task<DeploymentView> DeploymentAsync(string name, CancellationToken cancel = default) =>
        Get(ApiPaths.Deployment(name), MessagesJson.Default.DeploymentView, cancel);

    public Task<DeploymentChanged> PauseDeploymentAsync(string name, CancellationToken cancel = default) =>
        Send(HttpMethod.Post, ApiPaths.Deployment(name, "/pause"), null, MessagesJson.Default.DeploymentChanged, cancel);

    public Task<DeploymentChanged> ResumeDeploymentAsync(string name, CancellationToken cancel = default) =>
        Send(HttpMethod.Post, ApiPaths.Deployment(name, "/resume"), null, MessagesJson.Default.DeploymentChanged, cancel);

    /// <summary>Switches one schedule on or off; on, it goes on from now.</summary>
    public Task<DeploymentChanged> SwitchScheduleAsync(string name, string schedule, bool active, CancellationToken cancel = default) =>
        Send(HttpMethod.Post, ApiPaths.Schedule(name, schedule, active ? "/resume" : "/pause"), null, MessagesJson.Default.DeploymentChanged, cancel);

    public Task<DeploymentChanged> DeleteDeploymentAsync(string name, RunsOnDelete runs = RunsOnDelete.Keep, CancellationToken cancel = default) => _api.SendAsync(
        HttpMethod.Delete,
        ApiPaths.Query(ApiPaths.Deployment(name), ("runs", runs == RunsOnDelete.Cancel ? "cancel" : "keep")),
        null,
        MessagesJson.Default.DeploymentChanged,
        repeatable: false, // a second one would say «not found» of what the first did
        cancel);

    /// <summary>
    /// Asks for a run. It is sent with an idempotency key (made here if <paramref name="command"/> has none), and so is sent again when the
    /// connection breaks: one call is at most one run.
    /// </summary>
    public Task<RunSubmitted> SubmitAsync(SubmitRun command, CancellationToken cancel = default) => Send(
        HttpMethod.Post,
        ApiPaths.Deployment(command.Deployment, "/runs"),
        Bytes(
            new SubmitBody(command.Parameters, command.At, command.Priority, command.IdempotencyKey ?? _newKey(), command.Tags, command.EnforceParameterSchema,
                command.KeyOnly, command.Name),
            ClientJson.Default.SubmitBody),
        MessagesJson.Default.RunSubmitted,
        cancel);

    public Task<RunPage> RunsAsync(ListRuns query, CancellationToken cancel = default) => Get(
        ApiPaths.Query(
            ApiPaths.Root + "runs",
            ("state", query.State),
            ("deployment", query.Deployment),
            ("tag", query.Tag),
            ("since", query.Since is { } since ? Instants.Format(since) : null),
            ("name", query.Name),
            ("parameter", query.Parameter),
            ("limit", ApiPaths.Text(query.Limit)),
            ("after", query.After)),
        MessagesJson.Default.RunPage,
        cancel);

    public Task<RunView> RunAsync(Guid id, CancellationToken cancel = default) => Get(ApiPaths.Run(id), MessagesJson.Default.RunView, cancel);

    /// <summary>Cancels a run; returns once that is durable, which is before its program is gone.</summary>
    public Task<RunCancelAccepted> CancelAsync(Guid id, string? reason = null, CancellationToken cancel = default) => Send(
        HttpMethod.Post, ApiPaths.Run(id, "/cancel"), Bytes(new CancelBody(reason), ClientJson.Default.CancelBody), MessagesJson.Default.RunCancelAccepted, cancel);

    /// <summary>Runs an ended run's recipe anew; as safe to repeat as <see cref="SubmitAsync"/>.</summary>
    public Task<RunSubmitted> RetryAsync(Guid id, string? idempotencyKey = null, CancellationToken cancel = default) => Send(
        HttpMethod.Post,
        ApiPaths.Run(id, "/retry"),
        Bytes(new RetryBody(idempotencyKey ?? _newKey()), ClientJson.Default.RetryBody),
        MessagesJson.Default.RunSubmitted,
        cancel);

    /// <summary>
    /// Every state of a run in order, from after <paramref name="afterSequence"/> to its end; each once, also across broken connections
    /// and a node that restarts meanwhile.
    /// </summary>
    public IAsyncEnumerable<RunStateChange> WatchRunAsync(Guid id, long afterSequence = 0, CancellationToken cancel = default)
    {
        var last = afterSequence;
        var path = ApiPaths.Run(id, "/events");
        var first = ApiPaths.Query(path, ("after", afterSequence > 0 ? ApiPaths.Text(afterSequence) : null));
        return new EventStream<RunStateChange>(_api, first, path, "state", MessagesJson.Default.RunStateChange)
            .ReadAsync(c => c.Sequence > last && (last = c.Sequence) > 0, cancel);
    }

    /// <summary>A run's output as it comes, to the run's end; each piece once, also across broken connections.</summary>
    /// <param name="stream">Null for both.</param>
    /// <param name="from">A <see cref="LogPosition"/>, or with <paramref name="stream"/> an offset in bytes; null for the start.</param>
    /// <param name="attempt">Only this attempt's; null for all from the position on.</param>
    /// <param name="together">Lines that are there already come as one piece: many times faster where there are many.</param>
    /// <param name="tail">Begins with so many last lines of each stream, of the latest attempt if none is named; null begins at the start.</param>
    /// <param name="since">Begins with the first line that came at this time or later, of the latest attempt if none is named.</param>
    /// <param name="timestamps">Whether pieces have their <see cref="LogLine.Time"/>; then lines come one by one.</param>
    public IAsyncEnumerable<LogLine> FollowLogsAsync(
        Guid id, LogStream? stream = null, string? from = null, int? attempt = null, bool together = false, int? tail = null,
        DateTimeOffset? since = null, bool timestamps = false, CancellationToken cancel = default)
    {
        LogPosition? last = null;
        string Path(string? position, int? lines, DateTimeOffset? time) => ApiPaths.Query(
            ApiPaths.Run(id, "/logs"),
            ("follow", "true"),
            ("together", together ? "true" : null),
            ("tail", ApiPaths.Text(lines)),
            ("since", time is { } at ? Instants.Format(at) : null),
            ("timestamps", timestamps ? "true" : null),
            ("stream", stream is { } s ? ApiPaths.Text(s) : null),
            ("attempt", ApiPaths.Text(attempt)),
            ("from", position));

        return new EventStream<LogLine>(_api, Path(from, tail, since), Path(null, null, null), "log", ClientJson.Default.LogLine).ReadAsync(
            line =>
            {
                if (!LogPosition.TryParse(line.Position, out var position))
                {
                    throw new UnexpectedAnswerException(Url, $"it sent output at '{line.Position}', which is no position");
                }

                if (line.Base64 is { } exact && !System.Buffers.Text.Base64.IsValid(exact))
                {
                    throw new UnexpectedAnswerException(Url, $"it sent output at '{line.Position}' whose base64 is none");
                }

                if (line.Problem is null && last?.Covers(position) == true)
                {
                    return false;
                }

                last = position;
                return true;
            },
            cancel);
    }

    /// <summary>
    /// Copies the bytes there are of one output of one attempt, as they are but for secret values, which are <c>***</c>; returns the offset at which they end.
    /// </summary>
    /// <param name="attempt">Null for the latest.</param>
    /// <param name="from">In bytes.</param>
    /// <param name="tail">Only so many last lines; null for all.</param>
    /// <param name="since">Only what came at this time or later.</param>
    /// <param name="timestamps">Whether each line has the time it came before it; what is returned is then no offset.</param>
    public async Task<long> CopyLogAsync(
        Guid id, LogStream stream, Stream destination, int? attempt = null, long from = 0, int? tail = null,
        DateTimeOffset? since = null, bool timestamps = false, CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            ApiPaths.Query(
                ApiPaths.Run(id, "/logs"),
                ("stream", ApiPaths.Text(stream)),
                ("attempt", ApiPaths.Text(attempt)),
                ("tail", ApiPaths.Text(tail)),
                ("since", since is { } at ? Instants.Format(at) : null),
                ("timestamps", timestamps ? "true" : null),
                ("from", from > 0 ? ApiPaths.Text(from) : null)));
        try
        {
            using var response = await _api.OpenAsync(request, cancel).ConfigureAwait(false);
            using var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            var counted = new CountingStream(body);
            await counted.CopyToAsync(destination, cancel).ConfigureAwait(false);
            return PositionIn(response)?.OffsetOf(stream) ?? from + counted.Count;
        }
        catch (BrokenConnectionException e)
        {
            throw new NodeUnreachableException(Url, "broke the connection while it sent the output. Ask again.", e.InnerException);
        }
    }

    /// <summary>Where the bytes end that <see cref="CopyLogAsync"/> would copy, if secret values are masked in them; null if none are, and their positions can be counted.</summary>
    public async Task<LogPosition?> MaskedLogEndAsync(Guid id, LogStream stream, int attempt, CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Get,
            ApiPaths.Query(ApiPaths.Run(id, "/logs"), ("stream", ApiPaths.Text(stream)), ("attempt", ApiPaths.Text(attempt)), ("tail", ApiPaths.Text((int?)1))));
        using var response = await _api.OpenAsync(request, cancel).ConfigureAwait(false);
        return response.Headers.Contains("Runner-Log-Masked") ? PositionIn(response) : null;
    }

    private static LogPosition? PositionIn(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Runner-Log-Position", out var values) && LogPosition.TryParse(values.FirstOrDefault(), out var position) ? position : null;

    public Task<LimitPage> LimitsAsync(ListLimits query, CancellationToken cancel = default) => Get(
        ApiPaths.Query(ApiPaths.Root + "limits", ("limit", ApiPaths.Text(query.Limit)), ("after", query.After)), MessagesJson.Default.LimitPage, cancel);

    /// <param name="size">1 to 1,000,000.</param>
    public Task<LimitChanged> SetLimitAsync(string name, int size, CancellationToken cancel = default) => Send(
        HttpMethod.Put, ApiPaths.Limit(name), Bytes(new LimitBody(size), ClientJson.Default.LimitBody), MessagesJson.Default.LimitChanged, cancel);

    public Task<LimitChanged> DeleteLimitAsync(string name, CancellationToken cancel = default) =>
        _api.SendAsync(HttpMethod.Delete, ApiPaths.Limit(name), null, MessagesJson.Default.LimitChanged, repeatable: false, cancel);

    /// <summary>
    /// Deletes a part of the ended runs that a rule does not keep, or counts them; <see cref="PruneReport.Next"/> says where the next part
    /// begins. Sent again when the connection breaks: then what the first one deleted is not in the report.
    /// </summary>
    public Task<PruneReport> PruneAsync(PruneRuns command, CancellationToken cancel = default) => Send(
        HttpMethod.Post,
        ApiPaths.Query(ApiPaths.Root + "prune", ("dryRun", command.DryRun ? "true" : null), ("after", command.After)),
        Bytes(new PruneBody(command.KeepFor, command.KeepRuns, command.Deployment), ClientJson.Default.PruneBody),
        MessagesJson.Default.PruneReport,
        cancel);

    private static byte[] Bytes<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(value, type);

    private Task<T> Get<T>(string path, JsonTypeInfo<T> type, CancellationToken cancel) =>
        _api.SendAsync(HttpMethod.Get, path, null, type, repeatable: true, cancel);

    private Task<T> Send<T>(HttpMethod method, string path, byte[]? body, JsonTypeInfo<T> type, CancellationToken cancel) =>
        _api.SendAsync(method, path, body, type, repeatable: true, cancel);
}
