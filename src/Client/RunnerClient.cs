using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Runner.Messages;
using Runner.Messages.Deployments;
using Runner.Messages.Http;
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
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

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

    public Task<NodeInfo> NodeAsync(CancellationToken cancel = default) => Call(Api.GetNode).SendAsync(cancel);

    /// <summary>What is wrong with the node, in sentences; also of one that is not ready.</summary>
    public Task<HealthReport> HealthAsync(CancellationToken cancel = default) => Call(Api.GetReadiness).SendAsync(cancel);

    /// <summary>
    /// Copies a backup of the node, a tar archive, while the node works. If it throws, what was written to <paramref name="destination"/> is no
    /// backup.
    /// </summary>
    /// <param name="withOutput">Whether the output of runs is in it.</param>
    /// <param name="progress">Called with the number of bytes so far, after each piece.</param>
    /// <returns>How many bytes it has.</returns>
    public async Task<long> BackupAsync(
        Stream destination, bool withOutput = true, Action<long>? progress = null, Action<string>? leftOut = null, CancellationToken cancel = default)
    {
        try
        {
            using var response = await new ApiCall(_api, Api.BackUp, [])
                .With(Queries.Output, withOutput ? null : "false").OpenAsync(cancel).ConfigureAwait(false);
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
            throw new NodeUnreachableException(
                Url, "broke the connection before the backup was complete; its log says why. Ask again.", e.InnerException);
        }
    }

    /// <summary>Registers or updates deployments, all or none; answers in their order.</summary>
    /// <param name="dryRun">Only says what would change.</param>
    public Task<ImmutableArray<DeploymentRegistered>> RegisterAsync(
        ImmutableArray<DeploymentSpec> specs, bool dryRun = false, CancellationToken cancel = default) =>
        Call(Api.RegisterDeployments, specs).With(Queries.DryRegistration, dryRun).SendAsync(cancel);

    public Task<DeploymentPage> DeploymentsAsync(ListDeployments query, CancellationToken cancel = default) =>
        Call(Api.ListDeployments)
            .With(Queries.Tag, query.Tag).With(Pages.OfDeployments, query.Limit).With(Pages.After, query.After).SendAsync(cancel);

    public Task<DeploymentView> DeploymentAsync(string name, CancellationToken cancel = default) =>
        Call(Api.GetDeployment, ApiPaths.Deployment(name)).SendAsync(cancel);

    public Task<DeploymentChanged> PauseDeploymentAsync(string name, CancellationToken cancel = default) =>
        Call(Api.PauseDeployment, ApiPaths.Deployment(name)).SendAsync(cancel);

    public Task<DeploymentChanged> ResumeDeploymentAsync(string name, CancellationToken cancel = default) =>
        Call(Api.ResumeDeployment, ApiPaths.Deployment(name)).SendAsync(cancel);

    /// <summary>Switches one schedule on or off; on, it goes on from now.</summary>
    public Task<DeploymentChanged> SwitchScheduleAsync(string name, string schedule, bool active, CancellationToken cancel = default) =>
        Call(active ? Api.ResumeSchedule : Api.PauseSchedule, ApiPaths.Schedule(name, schedule)).SendAsync(cancel);

    public Task<DeploymentChanged> DeleteDeploymentAsync(string name, RunsOnDelete runs = RunsOnDelete.Keep, CancellationToken cancel = default) =>
        Call(Api.DeleteDeployment, ApiPaths.Deployment(name))
            .With(Queries.RunsOnDelete, runs == RunsOnDelete.Cancel ? "cancel" : "keep").SendAsync(cancel);

    /// <summary>
    /// Asks for a run. It is sent with an idempotency key (made here if <paramref name="command"/> has none), and so is sent again when the
    /// connection breaks: one call is at most one run.
    /// </summary>
    public Task<RunSubmitted> SubmitAsync(SubmitRun command, CancellationToken cancel = default) => Call(
        Api.SubmitRun,
        new SubmitBody(
            command.Parameters, command.At, command.Priority, command.IdempotencyKey ?? _newKey(), command.Tags, command.EnforceParameterSchema,
            command.KeyOnly, command.Name),
        ApiPaths.Deployment(command.Deployment)).SendAsync(cancel);

    public Task<RunPage> RunsAsync(ListRuns query, CancellationToken cancel = default) => Call(Api.ListRuns)
        .With(Queries.State, query.State)
        .With(Queries.Deployment, query.Deployment)
        .With(Queries.Tag, query.Tag)
        .With(Queries.Since, query.Since)
        .With(Queries.Name, query.Name)
        .With(Queries.Parameter, query.Parameter)
        .With(Pages.OfRuns, query.Limit)
        .With(Pages.After, query.After)
        .SendAsync(cancel);

    public Task<RunView> RunAsync(Guid id, CancellationToken cancel = default) => Call(Api.GetRun, ApiPaths.Run(id)).SendAsync(cancel);

    /// <summary>Cancels a run; returns once that is durable, which is before its program is gone.</summary>
    public Task<RunCancelAccepted> CancelAsync(Guid id, string? reason = null, CancellationToken cancel = default) =>
        Call(Api.CancelRun, new CancelBody(reason), ApiPaths.Run(id)).SendAsync(cancel);

    /// <summary>Runs an ended run's recipe anew; as safe to repeat as <see cref="SubmitAsync"/>.</summary>
    public Task<RunSubmitted> RetryAsync(Guid id, string? idempotencyKey = null, CancellationToken cancel = default) =>
        Call(Api.RetryRun, new RetryBody(idempotencyKey ?? _newKey()), ApiPaths.Run(id)).SendAsync(cancel);

    /// <summary>
    /// Every state of a run in order, from after <paramref name="afterSequence"/> to its end; each once, also across broken connections
    /// and a node that restarts meanwhile.
    /// </summary>
    public IAsyncEnumerable<RunStateChange> WatchRunAsync(Guid id, long afterSequence = 0, CancellationToken cancel = default)
    {
        var last = afterSequence;
        ApiCall Watch(long? after) => new ApiCall(_api, Api.WatchRun, [ApiPaths.Run(id)]).With(Queries.AfterSequence, after);
        return new EventStream<RunStateChange>(_api, Watch(afterSequence > 0 ? afterSequence : null).Path, Watch(null).Path, EventNames.State,
            MessagesJson.Default.RunStateChange)
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
        string Path(string? position, int? lines, DateTimeOffset? time) => Logs(id)
            .With(Queries.Follow, true)
            .With(Queries.Together, together)
            .With(Queries.Tail, lines)
            .With(Queries.OutputSince, time)
            .With(Queries.Timestamps, timestamps)
            .With(Queries.Stream, stream is { } one ? WordOf(one) : null)
            .With(Queries.Attempt, attempt)
            .With(Queries.From, position)
            .Path;

        return new EventStream<LogLine>(_api, Path(from, tail, since), Path(null, null, null), EventNames.Log, ClientJson.Default.LogLine).ReadAsync(
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
    /// Copies the bytes there are of one output of one attempt, as they are but for secret values, which are <c>***</c>; returns the offset at which
    /// they end.
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
        try
        {
            using var response = await Logs(id)
                .With(Queries.Stream, WordOf(stream))
                .With(Queries.Attempt, attempt)
                .With(Queries.Tail, tail)
                .With(Queries.OutputSince, since)
                .With(Queries.Timestamps, timestamps)
                .With(Queries.From, from > 0 ? from.ToString(CultureInfo.InvariantCulture) : null)
                .OpenAsync(cancel).ConfigureAwait(false);
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

    /// <summary>
    /// Where the bytes end that <see cref="CopyLogAsync"/> would copy, if secret values are masked in them; null if none are, and their positions can
    /// be counted.
    /// </summary>
    public async Task<LogPosition?> MaskedLogEndAsync(Guid id, LogStream stream, int attempt, CancellationToken cancel = default)
    {
        using var response = await Logs(id)
            .With(Queries.Stream, WordOf(stream)).With(Queries.Attempt, attempt).With(Queries.Tail, 1).OpenAsync(cancel).ConfigureAwait(false);
        return response.Headers.Contains(HeaderNames.LogMasked) ? PositionIn(response) : null;
    }

    private static LogPosition? PositionIn(HttpResponseMessage response) =>
        response.Headers.TryGetValues(HeaderNames.LogPosition, out var values) && LogPosition.TryParse(values.FirstOrDefault(), out var position)
            ? position : null;

    public Task<NodeList> NodesAsync(CancellationToken cancel = default) => Call(Api.ListNodes).SendAsync(cancel);

    /// <summary>Gives a node no new programs: it leaves and ends once those that it has have ended.</summary>
    /// <exception cref="RunnerApiException">There is no such node (<c>node-not-found</c>).</exception>
    public Task<NodeDraining> DrainNodeAsync(string name, CancellationToken cancel = default) =>
        Call(Api.DrainNode, ApiPaths.Node(name)).SendAsync(cancel);

    public Task<LimitPage> LimitsAsync(ListLimits query, CancellationToken cancel = default) =>
        Call(Api.ListLimits).With(Pages.OfLimits, query.Limit).With(Pages.After, query.After).SendAsync(cancel);

    /// <param name="size">1 to 1,000,000.</param>
    public Task<LimitChanged> SetLimitAsync(string name, int size, CancellationToken cancel = default) =>
        Call(Api.SetLimit, new LimitBody { Size = size }, ApiPaths.Limit(name)).SendAsync(cancel);

    public Task<LimitChanged> DeleteLimitAsync(string name, CancellationToken cancel = default) =>
        Call(Api.DeleteLimit, ApiPaths.Limit(name)).SendAsync(cancel);

    /// <summary>
    /// Deletes a part of the ended runs that a rule does not keep, or counts them; <see cref="PruneReport.Next"/> says where the next part
    /// begins. Sent again when the connection breaks: then what the first one deleted is not in the report.
    /// </summary>
    public Task<PruneReport> PruneAsync(PruneRuns command, CancellationToken cancel = default) =>
        Call(Api.PruneRuns, new PruneBody(command.KeepFor, command.KeepRuns, command.Deployment))
            .With(Queries.DryPruning, command.DryRun).With(Queries.AfterPart, command.After).SendAsync(cancel);

    /// <summary>
    /// Has an event that cannot be read left out, with a marker in its place. Not sent again by itself when the connection breaks: the answer would
    /// be that there is nothing to skip.
    /// </summary>
    public Task<EventSkipped> SkipEventAsync(SkipEvent command, CancellationToken cancel = default) =>
        Call(Api.SkipEvent, new SkipBody { Entity = command.Entity, Number = command.Sequence, Reason = command.Reason }).SendAsync(cancel);

    private static string WordOf(LogStream stream) => stream == LogStream.Stdout ? "stdout" : "stderr";

    private ApiCall Logs(Guid id) => new(_api, Api.ReadLogs, [ApiPaths.Run(id)]);

    private ApiCall<TAnswer> Call<TAnswer>(Operation<TAnswer> operation, params ReadOnlySpan<string> path) =>
        new(_api, operation, operation.Answer, path);

    private ApiCall<TAnswer> Call<TBody, TAnswer>(Operation<TBody, TAnswer> operation, TBody body, params ReadOnlySpan<string> path) =>
        new(_api, operation, operation.Answer, path) { Body = ToBytes(body, operation.Body) };

    /// <summary>What is no ASCII goes as it is: escaped it would be three times as long, and the node's bound is one of bytes.</summary>
    private static byte[] ToBytes<T>(T value, JsonTypeInfo<T> type)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes, Relaxed))
        {
            JsonSerializer.Serialize(writer, value, type);
        }

        return bytes.ToArray();
    }
}
