using System.Net.Sockets;
using System.Text;

namespace Writ.Server.Tests.Edge;

/// <summary>Bytes on a socket: what no HTTP client would send.</summary>
public static class RawHttp
{
    /// <summary>Sends them and reads until the broker closes, or falls silent for a while; what it answered.</summary>
    public static async Task<string> SendAsync(Uri origin, byte[] bytes, TimeSpan? patience = null)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(origin.Host, origin.Port);
        var stream = client.GetStream();
        var answer = new StringBuilder();
        var buffer = new byte[16 * 1024];
        using var limit = new CancellationTokenSource(patience ?? TimeSpan.FromSeconds(20));
        try
        {
            await stream.WriteAsync(bytes, limit.Token);
            while (await stream.ReadAsync(buffer, limit.Token) is var read and > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, read));
                if (answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal)) break;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // It closed in our face, or said nothing: what came before is the answer.
        }
        return answer.ToString();
    }

    public static Task<string> SendAsync(Uri origin, string text) => SendAsync(origin, Encoding.Latin1.GetBytes(text));

    /// <summary>The status of an answer; 0 where there is none.</summary>
    public static int StatusOf(string answer) =>
        answer.StartsWith("HTTP/1.1 ", StringComparison.Ordinal) && int.TryParse(answer.AsSpan(9, 3), out var status)
            ? status
            : 0;
}
