using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Runner.Host.Tests.Telemetry;

/// <summary>A message of protocol buffers: its fields in order, undecoded.</summary>
internal sealed class Proto
{
    private readonly List<(int Field, ulong Number, byte[] Bytes)> _fields = [];

    public Proto(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var tag = Varint(ref bytes);
            var field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    _fields.Add((field, Varint(ref bytes), []));
                    break;
                case 1:
                    _fields.Add((field, BitConverter.ToUInt64(bytes), []));
                    bytes = bytes[8..];
                    break;
                case 2:
                    var length = (int)Varint(ref bytes);
                    _fields.Add((field, 0, bytes[..length].ToArray()));
                    bytes = bytes[length..];
                    break;
                case 5:
                    _fields.Add((field, BitConverter.ToUInt32(bytes), []));
                    bytes = bytes[4..];
                    break;
                default:
                    throw new InvalidDataException($"Wire type {tag & 7} of field {field}");
            }
        }
    }

    public IEnumerable<Proto> All(int field) => _fields.Where(f => f.Field == field).Select(f => new Proto(f.Bytes));

    public string Text(int field) => Encoding.UTF8.GetString(Bytes(field));

    public string Hex(int field) => Convert.ToHexStringLower(Bytes(field));

    public ulong Number(int field) => _fields.Single(f => f.Field == field).Number;

    /// <summary>Key and value of attributes, whose values are texts or whole numbers.</summary>
    public Dictionary<string, string> Attributes(int field) => All(field).ToDictionary(
        a => a.Text(1),
        a => a.All(2).Single() is var v && v._fields.Count > 0 && v._fields[0].Field == 1 ? v.Text(1)
            : v._fields.Count > 0 ? $"{v._fields[0].Number}" : "");

    private byte[] Bytes(int field) => _fields.Where(f => f.Field == field).Select(f => f.Bytes).SingleOrDefault([]);

    private static ulong Varint(ref ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var b = bytes[0];
            bytes = bytes[1..];
            value |= (ulong)(b & 0x7F) << shift;
            if ((b & 0x80) == 0)
            {
                return value;
            }
        }
    }
}

/// <summary>A span as it was sent.</summary>
internal sealed record SentSpan(string Trace, string Id, string Parent, string Name, ulong Start, ulong End, Dictionary<string, string> Attributes);

/// <summary>A small collector: takes OTLP over HTTP and decodes what tests ask for.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Collector(WebApplication app) => _app = app;

    public string Url => _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public ConcurrentQueue<string> MetricNames { get; } = new();

    public ConcurrentQueue<SentSpan> Spans { get; } = new();

    public ConcurrentQueue<Dictionary<string, string>> Resources { get; } = new();

    public ConcurrentQueue<string> Keys { get; } = new();

    public static async Task<Collector> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var collector = new Collector(builder.Build());
        collector._app.Run(collector.TakeAsync);
        await collector._app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        Keys.Enqueue(context.Request.Headers["x-key"].ToString());
        foreach (var part in new Proto(body.ToArray()).All(1))
        {
            Resources.Enqueue(part.All(1).Single().Attributes(1));
            foreach (var item in part.All(2).SelectMany(scope => scope.All(2)))
            {
                if (context.Request.Path == "/v1/metrics")
                {
                    MetricNames.Enqueue(item.Text(1));
                }
                else
                {
                    Assert.Equal("/v1/traces", context.Request.Path);
                    Spans.Enqueue(
                        new SentSpan(item.Hex(1), item.Hex(2), item.Hex(4), item.Text(5), item.Number(7), item.Number(8), item.Attributes(9)));
                }
            }
        }
    }
}
