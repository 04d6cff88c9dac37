"""Loopback mock of a subtensor node: enough JSON-RPC over a websocket for reading and writing a commitment.

Usage: mock_subtensor_node.py PORT METADATA_V15_FILE [FAULT ..]
Needs: pip install bittensor-core==0.1.5 websockets
It serves real finney runtime metadata, checks nonce, era and the sr25519 signature of each extrinsic
with bittensor-core, stores the commitment and answers storage reads. Every hotkey counts as registered, unless
`unregistered` is among the faults. `METHOD=close`, `METHOD=hang`, `METHOD=lose` (done, but the answer is lost) and
`METHOD=invalid` meet the next call of a method, once for each time they are given.
Binds to 127.0.0.1 only; prints `ready` once it listens, and a line for every transaction accepted.
"""
import json, sys, time, bittensor_core as b
from websockets.sync.server import serve
MD=open(sys.argv[2],'rb').read(); rt=b.Runtime(MD,365,1,42)
UIDS=bytes(rt.storage_key('SubtensorModule','Uids',[123,'5EJHpDTXVBj9YbRm6F2QhujvYc3JEfsoHmU77Qzqwg6k5DaR']))[:32].hex()
faults=[f.split('=') for f in sys.argv[3:] if '=' in f]; registered='unregistered' not in sys.argv[3:]
G=bytes([7])*32; head=5000; store={}; nonce={}
def compact(n): return bytes([n<<2]) if n<64 else ((n<<2)|1).to_bytes(2,'little') if n<2**14 else ((n<<2)|2).to_bytes(4,'little')
def h(n): return b'\xaa'*24+n.to_bytes(8,'big')
def call(m,p):
    global head
    if m=='state_getRuntimeVersion': return {'specName':'node-subtensor','specVersion':365,'transactionVersion':1}
    if m=='chain_getBlockHash': return '0x'+(G if p and p[0]==0 else h(p[0] if p else head)).hex()
    if m=='chain_getFinalizedHead': return '0x'+h(head).hex()
    if m=='chain_getHeader': return {'number':hex(int.from_bytes(bytes.fromhex(p[0][2:])[24:],'big') if p else head)}
    if m=='state_call': 
        assert p[0]=='Metadata_metadata_at_version' and p[1]=='0x0f000000',p
        return '0x'+(b'\x01'+compact(len(MD))+MD).hex()
    if m=='system_accountNextIndex': return nonce.get(p[0],0)
    if m=='state_getStorage':
        # The time of a block has no account in its key.
        if len(p[0])==2+64: return '0x'+(int.from_bytes(bytes.fromhex(p[1][2:])[24:],'big')*12000).to_bytes(8,'little').hex()
        return ('0x0500' if registered else None) if p[0][2:].startswith(UIDS) else store.get(p[0])
    if m=='author_submitExtrinsic':
        x=bytes.fromhex(p[0][2:]); d=rt.decode_extrinsic(x,True); a=d['address']
        assert d['nonce']==nonce.get(a,0),'nonce'
        n=2 if x[0]&3==1 else 1; body=x[n:]; sig=body[35:99]; period,phase=d['era']
        birth=(max(head,phase)-phase)//period*period+phase
        # call bytes: what follows the signed extras (era 2, nonce compact 1, tip 1, mode 1)
        extra,_=rt.signature_payload_parts(era={'period':period,'current':birth},nonce=d['nonce'],tip=d['tip'],tip_asset_id=None,genesis_hash=G,era_block_hash=h(birth),metadata_hash=None)
        cb=body[99+len(bytes(extra)):]
        pay=bytes(rt.signature_payload(cb,era={'period':period,'current':birth},nonce=d['nonce'],tip=d['tip'],tip_asset_id=None,genesis_hash=G,era_block_hash=h(birth),metadata_hash=None))
        assert b.verify(pay,sig,a),'BadProof'
        netuid=d['call']['call_args'][0]['value']; nonce[a]=d['nonce']+1; head+=1
        k='0x'+bytes(rt.storage_key('Commitments','CommitmentOf',[netuid,a])).hex()
        store[k]='0x'+((0).to_bytes(8,'little')+head.to_bytes(4,'little')+cb[4:]).hex()
        print('accepted',a,d['nonce'],d['era'],flush=True)
        return d['extrinsic_hash']
    raise Exception('method '+m)
def conn(ws):
    for msg in ws:
        q=json.loads(msg)
        hit=next((f for f in faults if f[0]==q['method']),None); kind=hit[1] if hit else ''
        if hit: faults.remove(hit)
        if kind=='close': ws.close(); return
        if kind=='hang': time.sleep(30); return
        try:
            if kind=='invalid': raise Exception('Transaction is outdated')
            r={'jsonrpc':'2.0','id':q['id'],'result':call(q['method'],q['params'])}
        except Exception as e: r={'jsonrpc':'2.0','id':q['id'],'error':{'code':1010,'message':'Invalid Transaction','data':repr(e)}}
        if kind=='lose': ws.close(); return
        ws.send(json.dumps(r))
with serve(conn,'127.0.0.1',int(sys.argv[1]),max_size=None) as s:
    print('ready',flush=True)
    s.serve_forever()
