using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Runner.Client;
using Runner.Host.Logs;
using Runner.Messages.Http;

namespace Runner.Host.Http;

/// <summary>Server-sent events on one answer. Says something at least every 15 seconds, so that both ends notice a dead connection.</summary>
internal sealed class SseWriter : ILogSink, IAsyncDisposable
{
    /// <summary>How long the stream is silent before a comment is sent.</summary>
    public static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly PipeWriter _body;
    private readonly Utf8JsonWriter _json;
    private readonly TimeProvider _time;
    private long _lastSent;
    private bool _pending;

    private SseWriter(HttpContext context, TimeProvider time)
    {
        _body = context.Response.BodyWriter;
        _json = new Utf8JsonWriter(_body, Relaxed);
        _time = time;
        _lastSent = time.GetTimestamp();
    }

    /// <summary>Begins the answer; from here on errors can only break it off.</summary>
    public static async Task<SseWriter> StartAsync(HttpContext context, TimeProvider time, CancellationToken cancel)
    {
        // A reader that pauses (a pager) is no attack: it is slowed down to, not cut off.
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }

        context.Response.ContentType = EventNames.MediaType;
        context.Response.Headers["X-Accel-Buffering"] = "no";
        await context.Response.StartAsync(cancel);
        await context.Response.BodyWriter.FlushAsync(cancel);
        return new SseWriter(context, time);
    }

    public void Event<T>(string name, long id, T data, JsonTypeInfo<T> info)
    {
        Begin(name, id.ToString(CultureInfo.InvariantCulture));
        JsonSerializer.Serialize(_json, data, info);
        End();
    }

    /// <inheritdoc/>
    public void Line(in OutputLine line)
    {
        var position = line.Position.ToString();
        Begin(EventNames.Log, position);
        _json.WriteStartObject();
        _json.WriteNumber("attempt", line.Position.Attempt);
        _json.WriteString("stream", line.Stream == LogStream.Stdout ? "stdout"u8 : "stderr"u8);
        _json.WriteString("position", position);
        if (line.Time is { } time)
        {
            _json.WriteString("time", Instants.Format(time));
        }

        if (line.Problem is { } problem)
        {
            _json.WriteString("problem", problem);
        }

        if (Utf8.IsValid(line.Bytes))
        {
            _json.WriteString("text", line.Bytes);
        }
        else
        {
            // JSON has no way to say other bytes: those that are none of a text's stand beside it.
            _json.WriteString("text", Encoding.UTF8.GetString(line.Bytes));
            _json.WriteBase64String("base64", line.Bytes);
        }

        _json.WriteEndObject();
        End();
    }

    /// <inheritdoc/>
    public void Forward(LogPosition position, ReadOnlySpan<byte> json)
    {
        Begin(EventNames.Log, position.ToString());
        _body.Write(json);
        End();
    }

    /// <summary>The last event: nothing follows, do not come back.</summary>
    public async Task EndAsync(CancellationToken cancel)
    {
        Encoding.ASCII.GetBytes($"event: {EventNames.End}\ndata: {{}}\n\n", _body);
        await _body.FlushAsync(cancel);
    }

    /// <inheritdoc/>
    public async ValueTask FlushAsync(CancellationToken cancel)
    {
        if (!_pending)
        {
            if (_time.GetElapsedTime(_lastSent) < Heartbeat)
            {
                return;
            }

            _body.Write(": heartbeat\n\n"u8);
        }

        _pending = false;
        var sent = await _body.FlushAsync(cancel);
        _lastSent = _time.GetTimestamp();
        if (sent.IsCompleted)
        {
            throw new OperationCanceledException("The reader has gone.", cancel);
        }
    }

    public ValueTask DisposeAsync() => _json.DisposeAsync();

    private void Begin(string name, string id)
    {
        Encoding.ASCII.GetBytes($"event: {name}\nid: {id}\ndata: ", _body);
        _json.Reset();
    }

    private void End()
    {
        _json.Flush();
        _body.Write("\n\n"u8);
        _pending = true;
    }
}
