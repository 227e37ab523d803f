using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Writ.Server.Audit;
using Writ.Server.Edge;
using Writ.Server.Storage;

namespace Writ.Server.Governance;

/// <summary>
/// How the first operator gets in (docs/api.md): a Unix socket of mode 0600, served only while nobody can act as owner
/// of the trust domain, that hands out a one-time code. Who reaches it owns the data folder already.
/// A crash leaves the file behind; the next start replaces it.
/// </summary>
public sealed class BootstrapSocket(Settings settings, Database database, AuditLog audit, TimeProvider time)
    : IAsyncDisposable
{
    private readonly OperatorStore _operators = new(database);
    private readonly SemaphoreSlim _gate = new(1, 1);
    private WebApplication? _app; // owner: whoever holds the gate

    /// <summary>Opens or closes the socket, as is right now. Called at start, and again and again.</summary>
    public async Task KeepAsync(CancellationToken cancel = default)
    {
        var wanted = !await _operators.HasOwnerAsync(time.GetUtcNow().ToMicros(), cancel);
        await _gate.WaitAsync(cancel);
        try
        {
            if (wanted && _app is null) _app = await OpenAsync();
            else if (!wanted) await CloseAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _gate.WaitAsync();
        await CloseAsync();
        _gate.Dispose();
    }

    private async Task<WebApplication> OpenAsync()
    {
        File.Delete(settings.BootstrapSocket);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseSockets(o => o.CreateBoundListenSocket = Bind);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.ListenUnixSocket(settings.BootstrapSocket, o => o.Protocols = HttpProtocols.Http1);
        });
        var app = builder.Build();
        app.MapPost("/code", CodeAsync);
        await app.StartAsync();
        return app;
    }

    private async Task CloseAsync()
    {
        if (_app is null) return;
        await _app.DisposeAsync();
        _app = null;
        File.Delete(settings.BootstrapSocket);
    }

    /// <summary>The mode is set between bind and listen: before that nobody can connect, after it only we.</summary>
    private static Socket Bind(EndPoint endPoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        var path = ((UnixDomainSocketEndPoint)endPoint).ToString();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return socket;
    }

    private async Task CodeAsync(HttpContext http)
    {
        var (code, row) = EnrolmentCodes.Make("", OperatorRole.Owner, null, EnrolmentRow.Bootstrap, time.GetUtcNow());
        var effect = new Claim.Effect(async tx =>
        {
            if (await OperatorStore.HasOwnerAsync(tx))
                return new ClaimFailure(
                    "bootstrapped", "There is an owner already: ask one to run `writ operator enrol`.");
            await EnrolmentStore.WithdrawForAsync(tx, "");
            await EnrolmentStore.InsertAsync(tx, row);
            return null;
        });
        var e = new AuditEvent
        {
            Kind = "operator.bootstrap",
            Actor = EnrolmentRow.Bootstrap,
            RequestId = http.TraceIdentifier,
        };
        try
        {
            if (await audit.AppendOwnActAsync(e, [effect]) is Appended.Refused { Failure: var failure })
                await Answers.ProblemAsync(http, StatusCodes.Status409Conflict, failure.Code, failure.Message);
            else
                await Answers.JsonAsync(http, StatusCodes.Status200OK, EnrolmentCode.Of(code, row, settings.Issuer));
        }
        catch (StoreUnavailableException)
        {
            await Answers.ProblemAsync(http, 503, "store_unavailable", "The store takes no records at the moment.");
        }
    }
}

/// <summary>A code as it is handed out, once.</summary>
public sealed record EnrolmentCode(string Code, string ExpiresAt, string Issuer)
{
    public static EnrolmentCode Of(string code, EnrolmentRow row, string issuer) =>
        new(code, Instant.Text(row.ExpiresAt), issuer);
}
