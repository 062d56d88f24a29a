using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Runner.Host.Http.Tls;

/// <summary>
/// At a port that speaks TLS, plain HTTP from this machine itself: its programs and commands need to know no authority, and nobody reads along. Who
/// comes from elsewhere without TLS is told that it takes TLS. What a connection speaks shows in its first byte.
/// </summary>
internal sealed class PlainFromHere
{
    private const byte TlsHandshake = 0x16;
    private static readonly TimeSpan FirstByteWithin = TimeSpan.FromSeconds(15);

    private static readonly byte[] TakesTls = Refusal(
        "tls-needed", "This node's API takes TLS alone from other machines: call it by https.");

    private readonly TimeProvider _time;
    private ConnectionDelegate? _plain;

    private PlainFromHere(TimeProvider time) => _time = time;

    /// <summary>Gives an endpoint TLS, and this before it.</summary>
    public static void AddTo(ListenOptions endpoint, ApiTls tls, TimeProvider time)
    {
        var door = new PlainFromHere(time);
        endpoint.Use(next => connection => door.EnterAsync(connection, next));
        endpoint.UseHttps(tls.Options);
        // What comes after TLS, where there is none.
        endpoint.Use(next => door._plain = next);
    }

    private async Task EnterAsync(ConnectionContext connection, ConnectionDelegate tls)
    {
        if (await FirstByteAsync(connection).ConfigureAwait(false) is not { } first)
        {
            return;
        }

        if (first == TlsHandshake)
        {
            await tls(connection).ConfigureAwait(false);
        }
        else if (IsFromHere(connection))
        {
            await _plain!(connection).ConfigureAwait(false);
        }
        else
        {
            await connection.Transport.Output.WriteAsync(TakesTls, connection.ConnectionClosed).ConfigureAwait(false);
            await connection.Transport.Output.CompleteAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Left where it is; null if none comes.</summary>
    private async Task<byte?> FirstByteAsync(ConnectionContext connection)
    {
        using var late = new CancellationTokenSource(FirstByteWithin, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, connection.ConnectionClosed);
        try
        {
            var read = await connection.Transport.Input.ReadAsync(either.Token).ConfigureAwait(false);
            byte? first = read.Buffer.IsEmpty ? null : read.Buffer.FirstSpan[0];
            connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            return first;
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return null;
        }
    }

    /// <summary>Whether the connection begins and ends on this machine: nobody else has its addresses.</summary>
    private static bool IsFromHere(ConnectionContext connection) =>
        connection.RemoteEndPoint is IPEndPoint remote && connection.LocalEndPoint is IPEndPoint local
        && (IPAddress.IsLoopback(remote.Address) || remote.Address.Equals(local.Address));

    private static byte[] Refusal(string code, string detail)
    {
        var problem = $"{{\"status\":400,\"code\":\"{code}\",\"detail\":\"{detail}\"}}";
        return Encoding.ASCII.GetBytes(
            $"HTTP/1.1 400 Bad Request\r\nContent-Type: application/problem+json\r\nContent-Length: {problem.Length}\r\n"
            + $"Connection: close\r\n\r\n{problem}");
    }
}
